/**
 * Holds a chart as an artifact: a Vega-Lite specification, which the report draws. An output of this type is
 * named `….vl.json`; pictures of it are outputs beside it.
 */
import { z } from "zod";
import type { ArtifactType } from "./artifact_type.ts";
import { deepest, isPlain, json } from "./json.ts";

/**
 * The version of Vega-Lite that the report reads.
 *
 * @example
 * ```ts
 * import { chart, chartSchema } from "fanin";
 *
 * chart.encode({ $schema: chartSchema, data: { values: [] }, mark: "point" });
 * ```
 */
export const chartSchema = "https://vega.github.io/schema/vega-lite/v6.json" as const;

/** A Vega-Lite specification. */
export interface ChartSpec {
  /** The version of Vega-Lite: `chartSchema`. */
  $schema: typeof chartSchema;
  /** All else that Vega-Lite defines. */
  [property: string]: unknown;
}

const spec: ArtifactType<"vega-lite-spec", ChartSpec> = json(
  "vega-lite-spec",
  z.looseObject({ $schema: z.literal(chartSchema) }),
  {
    mediaType: "application/vnd.vegalite.v6+json",
    extension: ".vl.json",
  },
);

/**
 * A specification, with the data in it (`data.values`): the report fetches nothing. NaN and the
 * infinities have no place on an axis: in the data they become null, which is drawn as a gap.
 *
 * @example
 * ```ts
 * import { chart, chartSchema } from "fanin";
 * import { assertEquals } from "@std/assert";
 *
 * const loss = {
 *   $schema: chartSchema,
 *   data: { values: [{ step: 1, loss: 0.7 }, { step: 2, loss: NaN }] },
 *   mark: "line",
 *   encoding: { x: { field: "step" }, y: { field: "loss" } },
 * };
 * assertEquals(chart.decode(chart.encode(loss)).mark, "line");
 * ```
 */
export const chart: ArtifactType<"vega-lite-spec", ChartSpec> = {
  ...spec,
  encode: (value) => spec.encode(withGaps(value)),
};

/** A copy of a specification with null for each number below `data` or `datasets` that is not finite. */
function withGaps<T>(value: T, isData = false, depth = 0): T {
  if (isData && typeof value === "number" && !Number.isFinite(value)) return null as T;
  // Deeper nesting is refused when the chart is written.
  if (depth > deepest) return value;
  const below = (value: unknown, isData: boolean) => withGaps(value, isData, depth + 1);
  if (Array.isArray(value)) return value.map((element) => below(element, isData)) as T;
  if (!isPlain(value)) return value;
  const entries = Object.entries(value)
    .map(([name, part]) => [name, below(part, isData || name === "data" || name === "datasets")]);
  return Object.fromEntries(entries) as T;
}
