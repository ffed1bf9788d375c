/** Defines the artifact that the report is made of: a section by a job about its own outputs. */
import { Section } from "../../schemas/run/report_section.ts";
import type { ReportSection } from "../../schemas/public/report_content.ts";
import type { ArtifactType } from "./artifact_type.ts";
import { json } from "./json.ts";

/**
 * Text, formulas, charts, tables and claims, in the order in which they are read.
 *
 * @example
 * ```ts
 * import { section } from "fanin";
 *
 * section.encode({
 *   id: "results",
 *   title: "Results",
 *   blocks: [
 *     { kind: "text", markdown: "The loss falls with the number of steps." },
 *     { kind: "formula", tex: "L(t) = e^{-t}" },
 *   ],
 * });
 * ```
 */
export const section: ArtifactType<"section", ReportSection> = json("section", Section);
