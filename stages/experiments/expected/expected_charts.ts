/** That every chart which the DAG draws is there, and can be read as what it is. */
import type { Dag } from "../../../pipeline/engine/dag.ts";
import type { AnyArtifactType } from "../../../pipeline/formats/artifact_type.ts";
import { type ItemInput, measured } from "./expected_item.ts";

/** Kind of artifact → its form, and what it must come to at least. */
const forms: Record<string, ItemInput["expected"]> = {
  "vega-lite-spec": { kind: "form", form: "vega-lite", contains: ['"title"', '"encoding"'] },
  "chart-svg": {
    kind: "form",
    form: "svg",
    atLeastWidth: 200,
    atLeastHeight: 100,
    contains: ["<text"],
  },
  "chart-png": {
    kind: "form",
    form: "png",
    atLeastWidth: 400,
    atLeastHeight: 200,
    atLeastBytes: 5000,
  },
};

const names = { "vega-lite-spec": "specification", "chart-svg": "SVG", "chart-png": "PNG" };

/** Of the jobs that a run has; a chart is worth one point in all. */
export function chartItems(dag: Dag, hasJob: (name: string) => boolean): ItemInput[] {
  return dag.filter(({ name }) => hasJob(name)).flatMap((job) =>
    Object.entries<AnyArtifactType>(job.stage.outputs)
      .filter(([, { kind }]) => kind in forms)
      .map(([output, { kind }]): ItemInput => ({
        id: `chart.${job.name}.${output}`.replaceAll("/", "."),
        title: `${job.name}: ${output.replace(/\..*$/, "")} as ${
          names[kind as keyof typeof names]
        }`,
        group: "Charts",
        target: { kind: "artifact", job: job.name, output },
        expected: forms[kind],
        points: kind === "vega-lite-spec" ? 0.5 : 0.25,
        message: "draw it again: deno task reproduce --only " + job.name,
        source: measured("the charts that this repository draws"),
      }))
  );
}
