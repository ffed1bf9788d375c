/**
 * The ledger of claims: each with its verdict and sentence, and folded below them the evidence: every
 * condition with estimate, interval, band, test, p and power, and where it was measured.
 */
import type { Claim, Control, JudgedPart } from "../../schemas/run/judged_claims.ts";
import { outcomeOf, partOf } from "../claims/claims_table.ts";
import type { JobLedger, RunContent } from "./content.ts";
import { idOf } from "./content.ts";
import { type Html, markup } from "./html/html.ts";
import { table } from "./html/page_table.ts";
import { percent } from "../terminal/numbers.ts";
import { interval, shortHash, typeset } from "./words.ts";

export const verdicts = ["confirmed", "qualified", "refuted", "undecided"] as const;

export const claimId = (id: string): string => idOf("claim", id);

export const badge = (verdict: string): Html =>
  markup`<span class="badge ${verdict}">${verdict}</span>`;

const outcomes: Record<JudgedPart["outcome"], string> = {
  holds: "holds",
  fails: "fails",
  mixed: "holds in some conditions",
  undecided: "undecided",
};

/** Everything in every ledger of the run, with a filter for readers who have scripts. */
export function ledgerSection(content: RunContent): Html | false {
  const claims = content.ledgers.flatMap((from) =>
    from.ledger.claims.map((claim) => ({ claim, from }))
  );
  const controls = content.ledgers.flatMap(({ ledger }) => ledger.controls);
  if (claims.length === 0) return false;
  const groups = [...new Set(claims.map(({ claim }) => partOf(claim)))].sort();
  const present = verdicts.filter((verdict) =>
    claims.some(({ claim }) => claim.verdict === verdict)
  );
  return markup`<section id="claims">
<h2>Claims</h2>
<p class="lead">Each verdict follows from the run’s measurements by the rule that stands beside the claim. Open a claim for
its evidence.</p>
<form class="filter" data-filter="claims-list" hidden>
<label>Find <input type="search" name="text" autocomplete="off" placeholder="words of a claim"></label>
<label>Verdict <select name="verdict"><option value="">all</option>${
    present.map((verdict) => markup`<option>${verdict}</option>`)
  }</select></label>
<label>Part <select name="group"><option value="">all</option>${
    groups.map((group) => markup`<option>${group}</option>`)
  }</select></label>
<button type="button" data-unfold>Open all</button>
<output aria-live="polite"></output>
</form>
<div id="claims-list" class="claims">
${claims.map(({ claim, from }) => claimRow(claim, from, content))}
</div>
${controls.length > 0 && controlsTable(controls)}
</section>`;
}

function claimRow(claim: Claim, from: JobLedger, content: RunContent): Html {
  const { id, verdict, statement, sentence, source, implied, analytic, rule, parts } = claim;
  return markup`<details class="claim ${verdict}" id="${claimId(id)}" data-verdict="${verdict}"
data-group="${partOf(claim)}">
<summary><span class="id">${id}${
    implied &&
    markup`<abbr title="implied by its source, not said there">°</abbr>`
  }</span>${
    badge(
      verdict,
    )
  }<span class="told"><span class="statement">${statement}</span> <span class="sentence">${sentence}</span></span></summary>
<div class="evidence">
<dl class="facts">
<dt>Source</dt><dd>${source}</dd>
<dt>By theory</dt><dd>${analytic}</dd>
<dt>Rule</dt><dd>${rule}</dd>
${
    claim.decidedBy !== null && markup`<dt>To decide</dt>
<dd>${claim.decidedBy}</dd>`
  }
<dt>Measured by</dt><dd>${origin(from, content)}</dd>
</dl>
${parts.map((part) => partEvidence(part))}
</div>
</details>`;
}

/** The ledger's job and artifact, and those that it was made from. */
function origin(from: JobLedger, { manifest }: RunContent): Html {
  const job = manifest.jobs.find(({ name }) => name === from.job)!;
  const inputs = Object.values(job.inputs);
  const link = (name: string, output: string, sha256?: string) =>
    markup`<a href="#${idOf("job", name)}">${name}</a>, ${output}${
      sha256 !== undefined && markup` <code>${shortHash(sha256)}</code>`
    }`;
  return markup`${link(from.job, from.output, from.sha256)}${
    inputs.length > 0 &&
    markup`; from ${
      inputs.map(({ job, output, sha256 }, i) => [i > 0 && "; ", link(job, output, sha256)])
    }`
  }`;
}

/** One assertion of a claim, with its conditions. */
export function partEvidence(part: JudgedPart): Html {
  const { assertion, quantity, bandReason, test, confidence, conditions, outcome } = part;
  const place = scaleOf(part);
  const hasP = conditions.some(({ p }) => p !== null);
  const hasSize = conditions.some(({ sampleSize }) => sampleSize !== null);
  const hasPower = conditions.some(({ power }) => power !== null);
  const exact = confidence === 1;
  return markup`<div class="part">
<h4>${assertion} <span class="outcome ${outcome}">${outcomes[outcome]}</span></h4>
<p class="how">Measured: ${quantity}. ${
    exact ? "Exact" : `${percent(confidence)} intervals`
  }: ${test}. The band: ${bandReason}.</p>
${
    table({
      caption: `Conditions: ${assertion}`,
      hideCaption: true,
      columns: [
        { label: "Condition", numeric: false },
        { label: "Estimate", numeric: true },
        { label: "Interval", numeric: true },
        { label: "Band", numeric: true },
        { label: "In its band", numeric: false, fixed: true },
        ...(hasSize ? [{ label: "Sample", numeric: true }] : []),
        ...(hasP ? [{ label: "p", numeric: true }] : []),
        ...(hasPower ? [{ label: "Power", numeric: true }] : []),
      ],
      rows: conditions.map((condition) => [
        condition.condition,
        typeset(condition.estimate),
        interval(condition.interval),
        interval(condition.band),
        markup`${
          place(condition)
        }<span class="position ${condition.position}">${condition.position}</span>`,
        ...(hasSize ? [condition.sampleSize ?? ""] : []),
        ...(hasP ? [condition.p === null ? "" : typeset(condition.p, 3)] : []),
        ...(hasPower ? [condition.power === null ? "" : typeset(condition.power, 3)] : []),
      ]),
    })
  }
</div>`;
}

/** Draws a condition's interval over its band, on one scale for all conditions of a part. */
function scaleOf({ conditions }: JudgedPart) {
  const [width, height] = [120, 14];
  const finite = conditions.flatMap(({ estimate, interval, band }) =>
    [estimate, interval.low, interval.high, band.low, band.high]
      .filter((value): value is number => value !== null && Number.isFinite(value))
  );
  const [low, high] = [Math.min(...finite), Math.max(...finite)];
  // Wide ranges of one sign are drawn on a logarithmic scale, where the small ones can be seen too.
  const logarithmic = low > 0 && high / low > 100;
  const of = (value: number) => logarithmic ? Math.log(value) : value;
  const margin = (of(high) - of(low)) * 0.06 || 1;
  const [from, to] = [of(low) - margin, of(high) + margin];
  const x = (value: number) => Number((width * (of(value) - from) / (to - from)).toFixed(1));
  return ({ estimate, interval, band }: JudgedPart["conditions"][number]): Html | false => {
    if (![estimate, interval.low, interval.high].every(Number.isFinite)) return false;
    const [left, right] = [
      band.low === null ? 0 : x(band.low),
      band.high === null ? width : x(band.high),
    ];
    const [a, b] = [x(interval.low), x(interval.high)];
    return markup`<svg class="interval" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"
aria-hidden="true">
<rect class="band" x="${left}" y="1" width="${
      Math.max(1.5, right - left).toFixed(
        1,
      )
    }" height="${height - 2}" />
<line x1="${a}" x2="${b}" y1="7" y2="7" />
<circle cx="${x(estimate)}" cy="7" r="2.6" />
</svg>`;
  };
}

/** The class and the words by which a control's outcome is shown. */
const controlWords = {
  "as expected": ["confirmed", "as it must"],
  "undecided": ["undecided", "undecided"],
  "MISBEHAVES": ["refuted", "misbehaves"],
} as const;

function controlsTable(controls: readonly Control[]): Html {
  const behaved = controls.filter((control) => control.behaved).length;
  return markup`<h3 id="controls">Controls of the method</h3>
<p>${behaved} of ${controls.length} came out as they must: a negative control has to fail, a positive one to hold.</p>
<div class="claims">
${
    controls.map((control) =>
      markup`<details class="claim ${controlWords[outcomeOf(control)][0]}" id="${
        claimId(
          control.id,
        )
      }">
<summary><span class="id">${control.id}</span><span class="badge ${
        controlWords[outcomeOf(control)][0]
      }">${
        controlWords[outcomeOf(control)][1]
      }</span><span class="told"><span class="statement">${control.statement}</span> <span class="sentence">${
        control.kind === "negative" ? "Must fail" : "Must hold"
      }; ${outcomes[control.part.outcome]}.</span></span></summary>
<div class="evidence">${partEvidence(control.part)}</div>
</details>`
    )
  }
</div>`;
}
