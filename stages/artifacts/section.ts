/** A section of the report, told by the stage that draws its charts. */
import { json } from "../../pipeline/format/json.ts";
import { Section } from "../../schemas/section.ts";

export const section = json("section", Section);
