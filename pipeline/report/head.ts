/** Draws the head of the report: what ran, how it went, and what needs attention. */
import type { Claim } from "../../schemas/run/judged_claims.ts";
import type { RunContent } from "./content.ts";
import { type Html, markup, warnings } from "./html/html.ts";
import { bySource, tallyOf, tallyText } from "../claims/claims_table.ts";
import { claimLink } from "./claims_section.ts";
import { moment, statesText } from "./words.ts";
import { seconds } from "../terminal/numbers.ts";
import { capitalised } from "../terminal/phrase.ts";

/** A fact at the head of the page. */
export interface Card {
  title: string;
  /** A number or a word. */
  value: string;
  text: string;
  /** Address in the page. */
  href: string;
  tone: "good" | "bad" | "plain";
}

export function summary(
  content: RunContent,
  highlights: readonly Html[],
  others: readonly Card[],
): Html {
  const { manifest, ledgers, problems } = content;
  const { run, experiment, started, status } = manifest;
  const claims = ledgers.flatMap(({ ledger }) => ledger.claims);
  const undecided = claims.filter(({ verdict }) => verdict === "undecided");
  const open = undecided.map(({ id }, i) => [i > 0 && ", ", claimLink(id)]);
  const errors = manifest.jobs.flatMap(({ error }) => error ?? []);
  const when = `${run}. Started ${moment(started)}, ${status} after ${seconds(manifest.seconds)}.`;
  return markup`<header id="summary" class="summary">
<h1>${capitalised(experiment.about)}</h1>
<p class="when">${when}</p>
${warnings(errors)}
${highlights.length > 0 && markup`<ul class="highlights">${highlights}</ul>`}
<ul class="cards">${[...claimsCard(claims), ...others, jobsCard(content)].map(drawnCard)}</ul>
${claims.length > 0 && verdictBar(claims)}
${undecided.length > 0 && markup`<p class="warning">Undecided: ${open}.</p>`}
${warnings(problems)}
</header>`;
}

function drawnCard({ title, value, text, href, tone }: Card): Html {
  const content = markup`<span class="title">${title}</span><strong>${value}</strong>`;
  return markup`<li class="${tone}"><a href="${href}">${content}<span>${text}</span></a></li>`;
}

/** The claims that the page counts first: the source's, or ours where there are no others. */
function countedFirst(claims: readonly Claim[]): readonly Claim[] {
  const { stated, ours } = bySource(claims);
  return stated.length > 0 ? stated : ours;
}

function claimsCard(claims: readonly Claim[]): Card[] {
  if (claims.length === 0) return [];
  const first = countedFirst(claims);
  const { ours } = bySource(claims);
  const others = ours.length > 0 && first !== ours && `${ours.length} of ours: ${tallyText(ours)}`;
  return [{
    title: "Claims",
    value: String(first.length),
    text: tallyText(first) + (others ? `; ${others}` : ""),
    href: "#claims",
    tone: claims.some(({ verdict }) => verdict === "undecided") ? "bad" : "good",
  }];
}

function jobsCard({ manifest: { jobs } }: RunContent): Card {
  const by = (status: string) => jobs.filter((job) => job.status === status).length;
  return {
    title: "Jobs",
    value: String(jobs.length),
    text: statesText(jobs),
    href: "#run",
    tone: jobs.length > by("ran") + by("cached") ? "bad" : "plain",
  };
}

/** The verdicts as one bar: a part for each verdict, as wide as its number of claims. */
function verdictBar(claims: readonly Claim[]): Html {
  const first = countedFirst(claims);
  let x = 0;
  const parts = tallyOf(first).map(([verdict, number]) => {
    const part = markup`<rect class="${verdict}" x="${x}" width="${number}" height="1" />`;
    x += number;
    return part;
  });
  const key = tallyOf(first).map(([verdict, number]) =>
    markup`<span class="${verdict}">${number} ${verdict}</span>`
  );
  return markup`<svg class="verdicts" viewBox="0 0 ${first.length} 1" preserveAspectRatio="none"
aria-hidden="true">${parts}</svg>
<p class="key" aria-hidden="true">${key}</p>`;
}
