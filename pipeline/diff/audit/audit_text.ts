/** Words the report of an audit: tables for a terminal, Markdown, and one line for a README. */
import type { Audit, ConditionResult, Finding } from "../../../schemas/run/audit_report.ts";
import { count, listed, seconds } from "../../terminal/numbers.ts";
import { type Block, laidOut } from "../../terminal/laid_out.ts";
import { outputWords } from "../render/describe.ts";
import { markdownTable } from "../../terminal/markdown_table.ts";
import { shortened } from "../../terminal/phrase.ts";

const stateWords = ({ name, state }: ConditionResult, findings: readonly Finding[]): string => {
  switch (state) {
    case "kept":
      return "all kept";
    case "differs":
      return `${findings.filter(({ changedBy }) => changedBy.includes(name)).length} differ`;
    case "failed":
      return "no run";
    case "not-tried":
      return "not tried";
  }
};

const headOfConditions = ["Condition", "Artifacts", "What is other than in the first run"];

const conditionRows = ({ conditions, findings }: Audit): string[][] =>
  conditions.map((one) => [one.name, stateWords(one, findings), one.about]);

const notes = ({ conditions }: Audit): string[] =>
  conditions.flatMap(({ name, note }) => note === null ? [] : [`${name}: ${note}`]);

const headOfFindings = ["Artifact that differs", "Changed by", "Likely source"];

const findingRow = ({ job, output, changedBy, together, follows, declared, source }: Finding) => [
  `${job} ${output}`,
  changedByWords(changedBy, together),
  follows.length > 0 ? "follows" : declared ? `${source.kind}, in its key` : source.kind,
];

function changedByWords(names: Finding["changedBy"], together: boolean): string {
  const [first, ...others] = names;
  if (first === undefined) return "once only";
  if (together) return names.join(" + ");
  return others.length === 0 ? first : `${first}, then ${others.join(", ")}`;
}

/** The source and the place of a difference, a line each. */
function detailsOf({ source, difference, key, error }: Finding): string[] {
  const where = whereOf(difference);
  return [
    `${source.kind}: ${source.why}`,
    ...(error === null ? [] : [`failed: ${error}`]),
    ...(key.length === 0 ? [] : [`key: ${listed(key)}`]),
    ...(where === "" || error !== null ? [] : [`where: ${where}`]),
  ];
}

/** The place of a difference; of a text with the first line of each that differs. */
function whereOf(difference: Finding["difference"]): string {
  const { detail } = difference;
  const where = outputWords(difference);
  if (detail?.kind !== "text") return where;
  const [a, b] = [detail.first.a, detail.first.b].map((line) => line ?? "nothing");
  return `${where}: ${shortened(a, 120)} → ${shortened(b, 120)}`;
}

/** Lines of an audit on a terminal where its reader asks for no more, and findings that are named then. */
const mostLines = 20;
const mostFindings = 4;

/** For a terminal: all of it if it is short or if the reader wants all, else without the details. */
export function auditLines(
  audit: Audit,
  { isWhole, columns }: { isWhole: boolean; columns: number },
): string[] {
  const whole = laidOut(blocksOf(audit, audit.findings.length, true), columns);
  return isWhole || whole.length <= mostLines
    ? whole
    : laidOut(blocksOf(audit, mostFindings, false), columns);
}

function blocksOf(audit: Audit, most: number, hasDetails: boolean): Block[] {
  const { runs, first } = audit;
  const findings = audit.findings.slice(0, most);
  const left = audit.findings.length - findings.length;
  const remarks = notes(audit);
  const part = audit.only === null ? "" : `, --only ${audit.only}`;
  const took = `${count(runs, "run")} in ${seconds(audit.seconds)}, the first in ${seconds(first)}`;
  return [
    `Audit of ${audit.experiment}${part}: ${took}.`,
    "",
    { rows: [headOfConditions, ...conditionRows(audit)] },
    ...remarks.length === 0 ? [] : ["", ...remarks],
    ...findings.length === 0 ? [] : ["", { rows: [headOfFindings, ...findings.map(findingRow)] }],
    ...left > 0 ? [`and ${left} more`] : [],
    ...hasDetails
      ? findings.flatMap((one) => [
        "",
        `${one.job} ${one.output}`,
        ...detailsOf(one).map((text) => `  ${text}`),
      ])
      : ["--verbose says where each differs."],
    "",
    sentenceOf(audit),
  ];
}

type Counted = Omit<Audit, "badge">;

/** The result in a sentence. */
export function sentenceOf({ artifacts, conditions, findings }: Counted): string {
  const declared = findings.filter((one) => one.declared).length;
  const tried = conditions.filter(({ state }) => state === "kept" || state === "differs");
  const others = [
    ...namesIn(conditions, "not-tried", "not tried"),
    ...namesIn(conditions, "failed", "no run under"),
  ];
  const kept = `${artifacts - findings.length} of ${count(artifacts, "artifact")} ` +
    `keep their bytes under ${count(tried.length, "condition")}`;
  const explained = declared === 0 ? "" : `; ${declared} differ as their keys say`;
  return `${kept}${explained}${others.map((other) => `; ${other}`).join("")}.`;
}

function namesIn(
  conditions: readonly ConditionResult[],
  state: ConditionResult["state"],
  words: string,
): string[] {
  const names = conditions.filter((one) => one.state === state).map(({ name }) => name);
  return names.length === 0 ? [] : [`${words}: ${listed(names)}`];
}

/** One line of Markdown for a README. */
export const badgeOf = (audit: Counted): string =>
  `**Reproducibility audit** (${audit.experiment}): ${sentenceOf(audit)}`;

/** A Markdown table of the conditions, and one of the findings where there are any. */
export function auditMarkdown(audit: Audit): string {
  const table = (rows: readonly (readonly string[])[]) =>
    markdownTable(rows.map((row) => row.map((cell) => cell.replaceAll("|", "\\|")))).join("\n");
  const { findings } = audit;
  const remarks = notes(audit);
  const details = findings.map((one) =>
    [`- \`${one.job} ${one.output}\``, ...detailsOf(one).map((text) => `  - ${text}`)].join("\n")
  );
  return [
    audit.badge,
    table([headOfConditions, ...conditionRows(audit)]),
    ...(remarks.length === 0 ? [] : [remarks.map((note) => `- ${note}`).join("\n")]),
    ...(findings.length === 0 ? [] : [
      table([headOfFindings, ...findings.map(findingRow)]),
      details.join("\n"),
    ]),
  ].join("\n\n");
}
