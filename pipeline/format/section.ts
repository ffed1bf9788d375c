/** The artifact that the report is made of: a section told by a job, about its own outputs. */
import { Section } from "../../schemas/section.ts";
import { json } from "./json.ts";

export const section = json("section", Section);
