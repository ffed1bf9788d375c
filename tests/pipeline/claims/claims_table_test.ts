/** Tests the claims table of a run: gathering it from jobs, its text for the terminal and as Markdown. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { join } from "node:path";
import {
  claimCounts,
  claimsTable,
  claimsTableMarkdown,
} from "../../../pipeline/claims/claims_table.ts";
import { type Condition, Ledger } from "../../../schemas/run/judged_claims.ts";
import { type ClaimDefinition, judge } from "../../../pipeline/claims/claim.ts";
import { NotMeasured } from "../../../pipeline/claims/not_measured.ts";
import { samplesNeeded } from "../../../pipeline/claims/sample_size.ts";
import { claim, condition, ledger, part } from "../../fixtures/claims_of_a_run.ts";
import { goldenFile } from "../../support/checkout.ts";
import { fanin, runsIn, workspaceOfOneProcess } from "../../support/workspace.ts";
import { readJson } from "../../support/copied_files.ts";
import { laidOut } from "../../../pipeline/terminal/laid_out.ts";

/**
 * Made by the functions tested and read by a person; the Markdown, say, by
 * `deno eval 'import { claimsTableMarkdown } from "./pipeline/claims/claims_table.ts"; import { ledger } from
 * "./tests/fixtures/claims_of_a_run.ts"; console.log(claimsTableMarkdown("20260101T000000Z-test", ledger).trimEnd())'`.
 */
const read = (name: string) => Deno.readTextFile(goldenFile(name));

Deno.test("the claims table fits its columns with whole sentences, and undecided claims show what would decide them", async () => {
  const text = laidOut(claimsTable(ledger), 100).join("\n") + "\n";
  assertEquals(text, await read("ledger.txt"));
  for (const line of text.split("\n")) assert(line.length <= 100, line);
  for (const { sentence, decidedBy } of ledger.claims) {
    assertStringIncludes(laidOut(claimsTable(ledger)).join("\n"), decidedBy ?? sentence);
  }
  assertEquals(claimsTable({ claims: [], controls: [] }), []);
});

Deno.test("the claims table in Markdown has a row for each claim by question, then the controls", async () => {
  const text = claimsTableMarkdown("20260101T000000Z-test", ledger);
  assertEquals(text, await read("ledger.md"));
  for (const row of text.split("\n").filter((line) => line.startsWith("| Q"))) {
    // Seven columns of a claim, six of a control: no sign in a text makes another.
    const columns = row.replaceAll("\\|", "").split("|").length - 2;
    assertEquals(columns, row.includes("-control.") ? 6 : 7, row);
  }
});

Deno.test("a group of claims has the common part of its sources as heading", () => {
  const headings = (...sources: string[]) => {
    const claims = sources.map((source, i) => ({
      ...claim(`needle${i + 1}.p`, [condition("x", 1)]),
      source,
    }));
    const text = claimsTableMarkdown("test", { claims, controls: [] });
    return text.split("\n").filter((line) => line.startsWith("## "));
  };
  assertEquals(headings("Buffon 1777, his game"), ["## Buffon 1777"]);
  assertEquals(headings("", ""), ["## needle1", "## needle2"]);
  const [one, other] = ["Chapter 3a, first", "Chapter 3b, then"];
  const claims = [one, other].map((source, i) => ({
    ...claim(`C.n${i}`, [condition("x", 1)]),
    source,
  }));
  assertStringIncludes(claimsTableMarkdown("test", { claims, controls: [] }), "\n## Chapter 3\n");
});

Deno.test("claims of ours are counted apart from the source's, whatever their verdicts", () => {
  const claims = (implied: boolean, ...verdicts: ("confirmed" | "refuted")[]) =>
    verdicts.map((verdict) => ({ implied, verdict }));
  const stated = claims(false, "confirmed", "refuted", "confirmed");
  assertEquals(claimCounts(stated), "3 claims: 2 confirmed, 1 refuted");
  assertEquals(
    claimCounts([...claims(true, "refuted"), ...stated], { source: "the book" }),
    "3 claims of the book: 2 confirmed, 1 refuted; 1 of ours: 1 refuted",
  );
  assertEquals(claimCounts(claims(true, "confirmed")), "1 of ours: 1 confirmed");
  const labelled = (...all: Parameters<typeof claimCounts>[0]) =>
    claimCounts(all, { isLabelled: true });
  assertEquals(labelled(...stated), "2 confirmed, 1 refuted");
  assertEquals(
    labelled(...stated, ...claims(true, "refuted")),
    "3 of the source: 2 confirmed, 1 refuted; 1 of ours: 1 refuted",
  );
});

/** A claim with one part of these conditions, and without words. */
const claimOf = (conditions: Condition[]): ClaimDefinition<undefined> => ({
  ...{ id: "Q1.x", statement: "", source: "", analytic: "", rule: "" },
  parts: () => [part(conditions)],
  sentence: () => "",
});

Deno.test("a remark decides nothing: not what it says, and not if its value was not measured", () => {
  const verdict = (remarks?: () => string[]) =>
    judge({ ...claimOf([condition("x", 1)]), remarks }, undefined);
  assertEquals(verdict().remarks, []);
  const said = verdict(() => ["It is refuted."]);
  assertEquals([said.verdict, said.remarks], ["confirmed", ["It is refuted."]]);
  const unmeasured = verdict(() => {
    throw new NotMeasured("expected epoch 3, found none");
  });
  assertEquals([unmeasured.verdict, unmeasured.remarks], ["confirmed", []]);
});

Deno.test("the sample size asked for decides an interval, and a smaller one does not", () => {
  const near = fc.double({ min: 0.9, max: 1.1, noNaN: true });
  const width = fc.double({ min: 1e-3, max: 0.2, noNaN: true });
  fc.assert(fc.property(near, width, (estimate, halfWidth) => {
    const { band, ...measured } = condition("x", estimate, halfWidth);
    const verdict = (multiple: number) => {
      const half = halfWidth / Math.sqrt(multiple);
      const one = {
        ...condition("x", estimate),
        interval: { low: estimate - half, high: estimate + half },
      };
      return judge(claimOf([one]), undefined).verdict;
    };
    fc.pre(verdict(1) === "undecided");
    const needed = samplesNeeded({ ...measured, band });
    fc.pre(needed !== null && needed < 1e6);
    assert(needed! >= 1);
    assert(verdict(needed! * 1.001) !== "undecided");
    assertEquals(verdict(needed! * 0.999), "undecided");
  }));
  assertEquals(samplesNeeded(condition("on the end", 1.05, 0.01)), null);
});

Deno.test("a run gathers and prints the claims table, and fails if a claim is undecided", async () => {
  await using place = await workspaceOfOneProcess();
  const run = (...args: string[]) =>
    fanin(place, ["reproduce", "--verbose", "--only", "claims/first", ...args]);
  const decided = await run();
  assertEquals(decided.code, 0, decided.err);
  assertMatch(decided.out, /^Q1\.mean {2}confirmed {2}The mean is 2\.$/m);

  const [id] = runsIn(place.path);
  for (const directory of [["runs", id], ["latest"]]) {
    const path = [place.path, "artifacts", ...directory];
    const { claims } = Ledger.parse(await readJson(...path, "claims.json"));
    assertEquals(claims.map(({ id, verdict }) => [id, verdict]), [["Q1.mean", "confirmed"]]);
    assertStringIncludes(await Deno.readTextFile(join(...path, "claims.md")), "| Q1.mean |");
  }

  const open = await run("--set", "claims.first.error=0.5");
  assertEquals(open.code, 1, open.err);
  assertMatch(open.out, /^Q1\.mean {2}undecided {2}4 times as many samples \(12 rather than 3\)/m);
  // From the summary that was kept, and as data.
  const again = await fanin(place, [
    ...["reproduce", "--only", "claims/first", "--set", "claims.first.error=0.5", "--json"],
  ]);
  assertEquals(again.code, 1);
  const report = JSON.parse(again.out);
  assertEquals([report.upToDate, report.verdicts], [true, { "Q1.mean": "undecided" }]);
});
