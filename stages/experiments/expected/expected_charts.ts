/**
 * One item for each question: its section of the report is there and shows every chart that its job
 * draws. A job gives all of its outputs or fails, so a section stands for its charts' files.
 */
import type { Dag } from "../../../pipeline/engine/dag.ts";
import type { AnyArtifactType } from "../../../pipeline/formats/artifact_type.ts";
import { type ItemInput, measured } from "./expected_item.ts";

/** For the jobs that a run has. Of several sections of a question the first one counts. */
export function chartItems(dag: Dag, hasJob: (name: string) => boolean): ItemInput[] {
  const items = dag.filter(({ name }) => hasJob(name)).flatMap((job): ItemInput[] => {
    const outputs = Object.entries<AnyArtifactType>(job.stage.outputs);
    const section = outputs.find(([, { kind }]) => kind === "section");
    const charts = outputs.filter(([, { kind }]) => kind === "vega-lite-spec");
    const question = /question-(\d)/.exec(job.name)?.[1];
    if (section === undefined || question === undefined) return [];
    return [{
      id: `charts.question-${question}`,
      title: `${job.name}: its section shows ${charts.length} charts`,
      group: `Question ${question}`,
      target: { kind: "artifact", job: job.name, output: section[0] },
      expected: { kind: "form", form: "json", contains: charts.map(([output]) => `"${output}"`) },
      message: "draw them again: deno task reproduce --only " + job.name,
      source: measured("the charts that this repository draws"),
    }];
  });
  return items.filter(({ id }, i) => items.findIndex((item) => item.id === id) === i);
}
