/** Tests the report of an audit on terminals of any width. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { auditLines, badgeOf } from "../../../../pipeline/diff/audit/audit_text.ts";
import { cellWidth } from "../../../../pipeline/terminal/cell_width.ts";
import { Audit, type Finding } from "../../../../schemas/run/audit_report.ts";
import { root } from "../../../support/checkout.ts";
import { readJson } from "../../../support/copied_files.ts";

const committed = Audit.parse(
  await readJson(join(root, "artifacts", "reference", "audit.json")),
);

const finding = (job: string): Finding => ({
  job,
  output: "metrics.json",
  changedBy: ["path", "locale", "user"],
  together: false,
  follows: [],
  declared: false,
  source: { kind: "path", why: "each has the path of its own run in it, and that of the other" },
  key: ["machine fact cores: 2 → 1"],
  error: null,
  difference: {
    job,
    output: "metrics.json",
    type: "metrics",
    a: null,
    b: null,
    agreement: "different",
    detail: null,
  } as unknown as Finding["difference"],
});

const audits: Audit[] = [committed, {
  ...committed,
  conditions: committed.conditions.map((one, i) =>
    i % 3 === 1 ? { ...one, state: "not-tried", note: "the system has no user namespaces" } : one
  ),
  findings: ["train/first", "init-check/fashion-default-first-batch", "写し/誤差"].map(finding),
  verdict: "differs",
}];

Deno.test("the report of an audit fits terminals of 40 to 200 columns, and leaves nothing out", () => {
  for (const audit of audits) {
    const whole = auditLines(audit, { isWhole: true, columns: Infinity });
    for (let columns = 40; columns <= 200; columns++) {
      for (const isWhole of [true, false]) {
        const lines = auditLines(audit, { isWhole, columns });
        for (const line of lines) assert(cellWidth(line) <= columns, `at ${columns}: ${line}`);
        if (isWhole) assertEquals(lettersOf(lines), lettersOf(whole), `at ${columns}`);
      }
    }
  }
});

const lettersOf = (lines: readonly string[]): string =>
  [...lines.join("").replaceAll(" ", "")].sort().join("");

Deno.test("the short report of an audit says how to read the rest, and the README's line has its result", () => {
  const many = { ...audits[1], findings: audits[1].findings.flatMap((one) => [one, one, one]) };
  const lines = auditLines(many, { isWhole: false, columns: 80 });
  assertStringIncludes(lines.join("\n"), "and 5 more\n--verbose says where each differs.");
  assertStringIncludes(badgeOf(many), "347 of 356 artifacts keep their bytes");
});
