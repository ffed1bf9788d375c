/**
 * Writes the claims table of a run: for the terminal, one row a claim, and as Markdown.
 */
import type { Verdict } from "../../schemas/run/claim_verdict.ts";
import type { Claim, Control, JudgedPart, Ledger } from "../../schemas/run/judged_claims.ts";
import { count, range, significant } from "../terminal/numbers.ts";
import { oneLine, printable } from "../terminal/escape.ts";
import type { Block } from "../terminal/laid_out.ts";
import { escapeMarkdown, markdownTable } from "../terminal/markdown_table.ts";
import { naturalOrder } from "../terminal/natural_order.ts";
import { capitalised } from "../terminal/phrase.ts";

/** All claims in one table, but for the ids left out, sorted by part and then in the order of judging. */
export function mergeClaims(
  ledgers: readonly Ledger[],
  leftOut: ReadonlySet<string> = new Set(),
): Ledger {
  const byPart = (a: { id: string }, b: { id: string }) => naturalOrder(partOf(a), partOf(b));
  const merged = <T extends { id: string }>(entries: T[]): T[] =>
    entries.filter(({ id }) => !leftOut.has(id)).sort(byPart);
  return {
    claims: merged(ledgers.flatMap(({ claims }) => claims)),
    controls: merged(ledgers.flatMap(({ controls }) => controls)),
  };
}

/** The part of an id that claims of one group share: "Q2" of "Q2c.he", "needle" of "needle.x". */
export const partOf = ({ id }: { id: string }): string => /^[A-Za-z-]*\d*/.exec(id)![0];

/**
 * The heading of claims that stand together: what their sources have in common up to the first comma,
 * "Question 2" of "Question 2a, the rule" and "Question 2b, its name". Without that, what their ids share.
 */
function headingOf(claims: readonly Claim[]): string {
  const places = claims.map(({ source }) => source.split(",")[0]);
  let end = 0;
  while (end < places[0].length && places.every((place) => place[end] === places[0][end])) end++;
  const shared = places[0].slice(0, end).trim();
  return shared === "" ? partOf(claims[0]) : capitalised(shared);
}

/** True if every claim is decided and every control behaved. */
export const isSettled = ({ claims, controls }: Ledger): boolean =>
  claims.every(({ verdict }) => verdict !== "undecided") &&
  controls.every(({ behaved }) => behaved);

/** The text on a claim's line: its sentence, or what would decide it. */
const lineText = ({ sentence, decidedBy }: Claim): string => decidedBy ?? sentence;

/** The verdicts that there are, from confirmed to undecided, each with its number of claims. */
export const tallyOf = (claims: readonly Pick<Claim, "verdict">[]): [Verdict, number][] =>
  (["confirmed", "qualified", "refuted", "undecided"] as const)
    .map((verdict): [Verdict, number] => [
      verdict,
      claims.filter((claim) => claim.verdict === verdict).length,
    ])
    .filter(([, number]) => number > 0);

/** "1 confirmed, 2 refuted". */
export const tallyText = (claims: readonly Pick<Claim, "verdict">[]): string =>
  tallyOf(claims).map(([verdict, number]) => `${number} ${verdict}`).join(", ");

/** Claims that the source states, and those that are ours, which are never counted among them. */
export const bySource = <C extends Pick<Claim, "implied">>(claims: readonly C[]) => ({
  stated: claims.filter(({ implied }) => !implied),
  ours: claims.filter(({ implied }) => implied),
});

/**
 * "3 claims: 1 confirmed, 2 refuted", or "3 claims of the source: …; 1 of ours: 1 confirmed". Beside a label that
 * names the claims, without the word.
 */
export function claimCounts(
  claims: readonly Pick<Claim, "implied" | "verdict">[],
  { source = "the source", isLabelled = false } = {},
): string {
  const { stated, ours } = bySource(claims);
  const number = isLabelled ? String(stated.length) : count(stated.length, "claim");
  const tally = tallyText(stated);
  if (ours.length === 0) return isLabelled ? tally : `${number}: ${tally}`;
  const others = `${ours.length} of ours: ${tallyText(ours)}`;
  return stated.length === 0 ? others : `${number} of ${source}: ${tally}; ${others}`;
}

/** The counts of claims, then "1 of 2 controls as expected". */
function tally({ claims, controls }: Ledger): string {
  const behaved = controls.filter((control) => control.behaved).length;
  return claimCounts(claims) +
    (controls.length === 0
      ? "."
      : `; ${behaved} of ${count(controls.length, "control")} as expected.`);
}

/** The outcome of a control. One that was not measured has not misbehaved. */
export const outcomeOf = ({ behaved, part }: Control): "as expected" | "undecided" | "MISBEHAVES" =>
  behaved ? "as expected" : part.outcome === "undecided" ? "undecided" : "MISBEHAVES";

/** The condition that left a control open, or what it found. */
const foundBy = ({ part }: Control): string => {
  const open = part.conditions.find(({ position }) => position === "straddles");
  return open?.condition ?? `${part.outcome}: ${part.assertion}`;
};

/** A row for each claim, then for each control that misbehaves, then the numbers; none without claims. */
export function claimsTable(ledger: Ledger): Block[] {
  const { claims, controls } = ledger;
  if (claims.length === 0) return [];
  const rows = [
    ...claims.map((claim) => [marked(claim), claim.verdict, lineText(claim)]),
    ...controls.filter(({ behaved }) => !behaved)
      .map((control) => [control.id, outcomeOf(control), foundBy(control)]),
  ];
  return [{ rows }, "", tally(ledger)];
}

const cell = (text: string): string => escapeMarkdown(oneLine(text));

const span = (low: number | null, high: number | null): string =>
  range({ low, high }, (value) => significant(value, 4));

/** A part's estimates, intervals and equivalence margins over all its conditions. */
function measured({ assertion, outcome, quantity, conditions }: JudgedPart): string {
  const estimates = conditions.map(({ estimate }) => estimate);
  const exact = conditions.every(({ interval }) => interval.low === interval.high);
  const least = (end: "low" | "high") => {
    const ends = conditions.map(({ band }) => band[end]);
    return ends.includes(null) ? null : (end === "low" ? Math.min : Math.max)(...ends as number[]);
  };
  const intervals = span(
    Math.min(...conditions.map(({ interval }) => interval.low)),
    Math.max(...conditions.map(({ interval }) => interval.high)),
  );
  return `${cell(assertion)} **${outcome}**: ` +
    cell(
      `${span(Math.min(...estimates), Math.max(...estimates))} ` +
        `(${exact ? "exact" : `interval ${intervals}`}; margin ${
          span(least("low"), least("high"))
        }; ` +
        `${count(conditions.length, "condition")}; ${quantity})`,
    );
}

const tests = (parts: readonly JudgedPart[]): string =>
  [...new Set(parts.map(({ test }) => cell(test)))].join("<br>");

/** The id, with the mark of a claim that is ours. */
const marked = ({ id, implied }: Claim): string => implied ? `${id}°` : id;

const claimRow = (claim: Claim): string[] => [
  marked(claim),
  claim.verdict,
  cell(claim.statement),
  cell(claim.analytic),
  claim.parts.map(measured).join("<br>"),
  tests(claim.parts),
  [
    claim.sentence,
    ...(claim.decidedBy === null ? [] : [claim.decidedBy]),
    ...claim.remarks.map((remark) => `Remark: ${remark}`),
  ].map(cell).join("<br>"),
];

const controlRow = (control: Control): string[] => {
  const { id, kind, behaved, statement, part } = control;
  return [
    id,
    kind === "negative" ? "must fail" : "must hold",
    behaved ? "as expected" : `**${outcomeOf(control)}**`,
    cell(statement),
    measured(part),
    tests([part]),
  ];
};

/** All claims as Markdown: a table for each group, then the controls. */
export function claimsTableMarkdown(run: string, ledger: Ledger): string {
  const { claims, controls } = ledger;
  const parts = [
    "# Claims",
    "",
    claims.length === 0 ? `Run ${run} judged no claim.` : `Run ${run}. ${tally(ledger)}`,
  ];
  if (claims.length > 0) {
    parts.push(
      "",
      "Each verdict is computed from the measurements by the rule that `claims.json` has beside the " +
        "claim, with every condition, interval and equivalence margin." +
        (claims.some(({ implied }) => implied)
          ? " ° marks a claim of ours, which its source implies without saying so; such claims are counted " +
            "apart."
          : "") +
        (claims.some(({ remarks }) => remarks.length > 0)
          ? " A remark is on what the source does not assert; it decides nothing."
          : ""),
    );
  }
  for (const group of Map.groupBy(claims, partOf).values()) {
    parts.push(
      "",
      `## ${headingOf(group)}`,
      "",
      ...markdownTable([
        ["Claim", "Verdict", "Statement", "By theory", "Measured", "Test", "In a sentence"],
        ...group.map(claimRow),
      ]),
    );
  }
  if (controls.length > 0) {
    parts.push(
      "",
      "## Controls",
      "",
      ...markdownTable([
        ["Control", "Kind", "Came out", "Statement", "Measured", "Test"],
        ...controls.map(controlRow),
      ]),
    );
  }
  return printable(parts);
}
