/** A chart in three forms: its Vega-Lite specification, and what is drawn from it. */
import type { TopLevelSpec } from "vega-lite";
import { z } from "zod";
import { bytes, text } from "../../pipeline/format/bytes.ts";
import { json } from "../../pipeline/format/json.ts";

export const chartSchema = "https://vega.github.io/schema/vega-lite/v6.json";

export type ChartSpec = TopLevelSpec & { $schema: typeof chartSchema };

const Spec = z.custom<ChartSpec>(
  (value) => z.looseObject({ $schema: z.literal(chartSchema) }).safeParse(value).success,
  `expected an object with "$schema": "${chartSchema}"`,
);

export const chartSpec = json("vega-lite-spec", Spec, {
  mediaType: "application/vnd.vegalite.v6+json",
  extension: ".vl.json",
});
export const chartSvg = text("chart-svg", { mediaType: "image/svg+xml", extension: ".svg" });
export const chartPng = bytes("chart-png", { mediaType: "image/png", extension: ".png" });
