/** Defines the artifact that the report is made of: a section by a job about its own outputs. */
import { Section } from "../../schemas/run/report_section.ts";
import { json } from "./json.ts";

/** Text, formulas, charts, tables and claims, in the order in which they are read. */
export const section = json("section", Section);
