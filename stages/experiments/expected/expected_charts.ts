/**
 * One item for each section of the report: it is there and shows every chart that its job draws. A job
 * gives all of its outputs or fails, so a section stands for its charts' files.
 */
import type { Dag } from "../../../pipeline/engine/dag.ts";
import type { AnyArtifactType } from "../../../pipeline/formats/artifact_type.ts";
import { type ItemInput, measured } from "./expected_item.ts";

/** For the jobs that a run has. */
export function chartItems(dag: Dag, hasJob: (name: string) => boolean): ItemInput[] {
  return dag.filter(({ name }) => hasJob(name)).flatMap((job): ItemInput[] => {
    const outputs = Object.entries<AnyArtifactType>(job.stage.outputs);
    const section = outputs.find(([, { kind }]) => kind === "section");
    const charts = outputs.filter(([, { kind }]) => kind === "vega-lite-spec");
    if (section === undefined) return [];
    return [{
      id: `charts.${job.name.split("/").at(-1)}`,
      title: `${job.name}: its section shows ${charts.length} charts`,
      group: "Charts",
      target: { kind: "artifact", job: job.name, output: section[0] },
      expected: { kind: "form", form: "json", contains: charts.map(([output]) => `"${output}"`) },
      message: "draw them again: deno task reproduce --only " + job.name,
      source: measured("the charts that this repository draws"),
    }];
  });
}
