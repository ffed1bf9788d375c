/**
 * Draws the table of claims, each with its verdict and finding. Folded below each is the evidence: every
 * condition with estimate, interval, equivalence margin, p, power, and where it was measured.
 */
import type { Claim, Control, JudgedPart } from "../../schemas/run/judged_claims.ts";
import { bySource, claimCounts, outcomeOf, partOf, tallyOf } from "../claims/claims_table.ts";
import type { JobClaims, RunContent } from "./content.ts";
import { idOf } from "./content.ts";
import { type Html, markup } from "./html/html.ts";
import { columnsOf, table } from "./html/page_table.ts";
import { naturalOrder } from "../terminal/natural_order.ts";
import { count, percent } from "../terminal/numbers.ts";
import type { Folds } from "./html/folds.ts";
import { interval, shortHash, typeset } from "./words.ts";

const claimId = (id: string): string => idOf("claim", id);

const badge = (look: string, text = look): Html =>
  markup`<span class="badge ${look}">${text}</span>`;

/** A confirmed statement needs no other words. */
const wording = (statement: string, sentence: string | undefined): Html =>
  sentence === undefined
    ? markup`<span class="statement">${statement}</span>`
    : markup`<span class="statement">${statement}</span> <span class="sentence">${sentence}</span>`;

/** The mark of a claim that is ours. */
const mark = ({ implied }: Claim): Html | false =>
  implied && markup`<abbr title="ours: implied by the source, not said there">°</abbr>`;

export const claimLink = (id: string): Html =>
  markup`<a class="id" href="#${claimId(id)}">${id}</a>`;

/** A claim in a few words, with a link to its evidence. */
export function claimChip(claim: Claim): Html {
  const { id, verdict, statement } = claim;
  return markup`<li><a class="id" href="#${claimId(id)}" title="${statement}">${id}${
    mark(claim)
  }</a> ${badge(verdict)}</li>`;
}

const outcomes: Record<JudgedPart["outcome"], string> = {
  holds: "holds",
  fails: "fails",
  mixed: "holds in some conditions",
  undecided: "undecided",
};

/** All claims and controls of the run, with a filter for readers who have scripts. */
export function claimsSection(content: RunContent, folds: Folds): Html | false {
  const claims = content.ledgers.flatMap((from) =>
    from.ledger.claims.map((claim) => ({ claim, from }))
  );
  const controls = content.ledgers.flatMap(({ ledger }) => ledger.controls);
  if (claims.length === 0) return false;
  const groups = [...new Set(claims.map(({ claim }) => partOf(claim)))].sort(naturalOrder);
  const all = claims.map(({ claim }) => claim);
  const present = tallyOf(all).map(([verdict]) => verdict);
  const ours = bySource(all).ours.length > 0 &&
    markup` ${
      claimCounts(all)
    }. ° marks a claim of ours, which the source implies without saying so.`;
  return markup`<section id="claims">
<h2>Claims</h2>
<p class="lead">Each verdict follows from the run’s measurements by the rule beside the claim. Open a
claim for its evidence.${ours}</p>
<form class="filter" data-filter="claims-list" hidden>
<label>Find ${search}</label>
<label>Verdict ${choice("verdict", present)}</label>
<label>Part ${choice("group", groups)}</label>
<button type="button" data-unfold>Open all</button>
<output aria-live="polite"></output>
</form>
<div id="claims-list" class="claims">
${claims.map(({ claim, from }) => claimRow(claim, from, content, folds))}
</div>
${controls.length > 0 && controlsTable(controls, folds)}
</section>`;
}

const search =
  markup`<input type="search" name="text" autocomplete="off" placeholder="words of a claim">`;

function choice(name: string, values: readonly string[]): Html {
  const options = values.map((value) => markup`<option>${value}</option>`);
  return markup`<select name="${name}"><option value="">all</option>${options}</select>`;
}

function claimRow(claim: Claim, from: JobClaims, content: RunContent, folds: Folds): Html {
  const { id, verdict, statement, sentence, remarks, source, analytic, rule, parts } = claim;
  const facts: [string, string | Html][] = [
    ["Found", sentence],
    ["Source", source],
    ["By theory", analytic],
    ["Rule", rule],
    ...remarks.map((remark): [string, string] => ["Remark", remark]),
    ...(claim.decidedBy === null ? [] : [["To decide", claim.decidedBy] as [string, string]]),
    ["Measured by", origin(from, content)],
  ];
  const evidence = markup`<dl class="facts">${
    facts.map(([term, fact]) => markup`<dt>${term}</dt><dd>${fact}</dd>\n`)
  }</dl>
${parts.map((part) => partEvidence(part))}`;
  return markup`<details class="claim ${verdict}" id="${claimId(id)}" data-verdict="${verdict}"
data-group="${partOf(claim)}">
<summary><span class="id">${id}${mark(claim)}</span>${badge(verdict)}${
    wording(statement, verdict === "confirmed" ? undefined : sentence)
  }</summary>
${folds.place(evidence)}
</details>\n`;
}

/** The job that judged, its artifact, and the artifacts that it read. */
function origin(from: JobClaims, { manifest }: RunContent): Html {
  const job = manifest.jobs.find(({ name }) => name === from.job)!;
  const link = (name: string, output: string, sha256?: string) => {
    const hash = sha256 !== undefined && markup` <code>${shortHash(sha256)}</code>`;
    return markup`<a href="#${idOf("job", name)}">${name}</a>, ${output}${hash}`;
  };
  const inputs = Object.values(job.inputs).map(({ job, output, sha256 }, i) => [
    i === 0 ? "; from " : "; ",
    link(job, output, sha256),
  ]);
  return markup`${link(from.job, from.output, from.sha256)}${inputs}`;
}

/** One assertion of a claim, with its conditions. */
function partEvidence(part: JudgedPart): Html {
  const { assertion, quantity, bandReason, test, confidence, conditions, outcome } = part;
  const place = scaleOf(part);
  const hasP = conditions.some(({ p }) => p !== null);
  const hasSize = conditions.some(({ sampleSize }) => sampleSize !== null);
  const hasPower = conditions.some(({ power }) => power !== null);
  const intervals = confidence === 1 ? "Exact" : `${percent(confidence)} intervals`;
  const how =
    `Measured: ${quantity}. ${intervals}: ${test}. The equivalence margin: ${bandReason}.`;
  const conditionsTable = table({
    caption: `Conditions: ${assertion}`,
    hideCaption: true,
    columns: columnsOf(
      "Condition",
      "Estimate#",
      "Interval#",
      "Margin#",
      "In its margin!",
      ...(hasSize ? ["Sample#"] : []),
      ...(hasP ? ["p#"] : []),
      ...(hasPower ? ["Power#"] : []),
    ),
    rows: conditions.map((condition) => {
      const { position, sampleSize, p, power } = condition;
      return [
        condition.condition,
        typeset(condition.estimate),
        interval(condition.interval),
        interval(condition.band),
        markup`${place(condition)}<span class="position ${position}">${position}</span>`,
        ...(hasSize ? [sampleSize ?? ""] : []),
        ...(hasP ? [p === null ? "" : typeset(p, 3)] : []),
        ...(hasPower ? [power === null ? "" : typeset(power, 3)] : []),
      ];
    }),
  });
  return markup`<div class="part">
<h3>${assertion} <span class="outcome ${outcome}">${outcomes[outcome]}</span></h3>
<p class="how">${how}</p>
${conditionsTable}
</div>`;
}

/** Draws a condition's interval over its margin, on one scale for all conditions of a part. */
function scaleOf({ conditions }: JudgedPart) {
  const [width, height] = [120, 14];
  const finite = conditions.flatMap(({ estimate, interval, band }) =>
    [estimate, interval.low, interval.high, band.low, band.high]
      .filter((value): value is number => value !== null && Number.isFinite(value))
  );
  const [low, high] = [Math.min(...finite), Math.max(...finite)];
  // Wide ranges of one sign are drawn on a logarithmic scale, which shows the small ones too.
  const logarithmic = low > 0 && high / low > 100;
  const of = (value: number) => logarithmic ? Math.log(value) : value;
  const margin = (of(high) - of(low)) * 0.06 || 1;
  const [from, to] = [of(low) - margin, of(high) + margin];
  const x = (value: number) => Number((width * (of(value) - from) / (to - from)).toFixed(1));
  return ({ estimate, interval, band }: JudgedPart["conditions"][number]): Html | false => {
    if (![estimate, interval.low, interval.high].every(Number.isFinite)) return false;
    const left = band.low === null ? 0 : x(band.low);
    const right = band.high === null ? width : x(band.high);
    const [a, b] = [x(interval.low), x(interval.high)];
    const across = Math.max(1.5, right - left).toFixed(1);
    return markup`<svg class="interval" viewBox="0 0 ${width} ${height}" width="${width}"
height="${height}" aria-hidden="true">
<rect class="band" x="${left}" y="1" width="${across}" height="${height - 2}" />
<line x1="${a}" x2="${b}" y1="7" y2="7" />
<circle cx="${x(estimate)}" cy="7" r="2.6" />
</svg>`;
  };
}

/** The class and the words by which a control's outcome is shown. */
const controlWords = {
  "as expected": ["confirmed", "as expected"],
  "undecided": ["undecided", "undecided"],
  "MISBEHAVES": ["refuted", "misbehaves"],
} as const;

function controlsTable(controls: readonly Control[], folds: Folds): Html {
  const behaved = controls.filter((control) => control.behaved).length;
  const misbehaving = controls.filter((control) => !control.behaved);
  const rest = controls.filter((control) => control.behaved);
  return markup`<h3 id="controls">Controls of the method</h3>
<p>${behaved} of ${controls.length} came out as expected: a negative control must fail, a positive one
must hold.</p>
<div class="claims">
${misbehaving.map((control) => controlRow(control, folds))}</div>
${
    rest.length > 0 &&
    markup`<details><summary>${count(rest.length, "control")} as expected</summary>
<div class="claims">
${rest.map((control) => controlRow(control, folds))}</div>
</details>`
  }`;
}

function controlRow(control: Control, folds: Folds): Html {
  const { id, kind, statement, part } = control;
  const [look, words] = controlWords[outcomeOf(control)];
  const must = kind === "negative" ? "Must fail" : "Must hold";
  const sentence = `${must}; ${outcomes[part.outcome]}.`;
  return markup`<details class="claim ${look}" id="${claimId(id)}">
<summary><span class="id">${id}</span>${badge(look, words)}${wording(statement, sentence)}</summary>
${folds.place(partEvidence(part))}
</details>\n`;
}
