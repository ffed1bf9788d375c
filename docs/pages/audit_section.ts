/** Makes the section of docs/audit.md on the assignment's own audit, from artifacts/reference/audit.json. */
import { Audit } from "../../schemas/run/audit_report.ts";
import { auditMarkdown } from "../../pipeline/diff/audit/audit_text.ts";
import { count, seconds } from "../../pipeline/terminal/numbers.ts";
import { readReference } from "./reference_file.ts";

export function auditSection(): string {
  const audit = readReference("audit.json", Audit);
  const { experiment, environment: { deno, os, arch, cores, adapter }, workers, runs } = audit;
  const machine = `Deno ${deno}, ${os} ${arch}, ${count(cores, "core")}, ${
    adapter ?? "no adapter"
  }`;
  const command = experiment === "quick" ? "audit --quick" : `audit --experiment ${experiment}`;
  return [
    `Made by \`deno task ${command} --output artifacts/reference/audit.json\` (${machine}). ` +
    `${count(runs, "run")} took ${seconds(audit.seconds)}, the first ${
      seconds(audit.first)
    } with ` +
    `${count(workers, "worker")}.`,
    auditMarkdown(audit),
  ].join("\n\n");
}
