/**
 * The artifact that the report draws charts from: a Vega-Lite specification. An output of this type is
 * named `….vl.json`; pictures of it, where the stage draws them, are outputs beside it.
 */
import { z } from "zod";
import { json } from "./json.ts";

/** The version of Vega-Lite that the report reads. */
export const chartSchema = "https://vega.github.io/schema/vega-lite/v6.json";

/** A specification, with the data in it (`data.values`): the report fetches nothing. */
export const chart = json("vega-lite-spec", z.looseObject({ $schema: z.literal(chartSchema) }), {
  mediaType: "application/vnd.vegalite.v6+json",
  extension: ".vl.json",
});
