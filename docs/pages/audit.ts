/** Makes the section of docs/audit.md on the assignment's own audit, from artifacts/reference/audit.json. */
import { Audit } from "../../schemas/run/audit_report.ts";
import { auditMarkdown } from "../../pipeline/diff/audit/audit_text.ts";
import { listed, seconds } from "../../pipeline/terminal/numbers.ts";

const file = new URL("../../artifacts/reference/audit.json", import.meta.url);

export function auditSection(): string {
  const audit = Audit.parse(JSON.parse(Deno.readTextFileSync(file)));
  const { experiment, environment: { deno, os, arch, cores, adapter }, workers, runs } = audit;
  const machine = listed([`Deno ${deno}`, `${os} ${arch}`, `${cores} cores`, `${adapter}`]);
  const command = experiment === "quick" ? "audit --quick" : `audit --experiment ${experiment}`;
  return [
    `Made by \`deno task ${command} --output artifacts/reference/audit.json\` on ${machine}, with ` +
    `${workers} workers: ${runs} runs in ${seconds(audit.seconds)}, the first in ` +
    `${seconds(audit.first)}.`,
    auditMarkdown(audit),
  ].join("\n\n");
}
