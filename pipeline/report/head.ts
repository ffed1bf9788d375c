/** The head of the report: whether the run reproduced what it set out to, and what it found. */
import type { RunContent } from "./content.ts";
import { type Html, markup } from "./html/html.ts";
import { badge, claimId, verdicts } from "./claims_section.ts";
import { capitalised, moment, states } from "./words.ts";
import { listed, seconds } from "../terminal/numbers.ts";

/** A fact at the head of the page. */
export interface Card {
  title: string;
  /** A figure or a word. */
  figure: string;
  text: string;
  /** Address in the page. */
  href: string;
  tone: "good" | "bad" | "plain";
}

export function summary(content: RunContent, others: readonly Card[]): Html {
  const { manifest, ledgers, problems } = content;
  const claims = ledgers.flatMap(({ ledger }) => ledger.claims);
  const refuted = claims.filter(({ verdict }) => verdict === "refuted");
  const undecided = claims.filter(({ verdict }) => verdict === "undecided");
  const cards = [
    ...claimsCard(claims.map(({ verdict }) => verdict)),
    ...others,
    jobsCard(content),
  ];
  return markup`<header id="summary" class="summary">
<p class="kind">Report of a run</p>
<h1>${capitalised(manifest.experiment.about)}</h1>
<p class="when">${manifest.run}. Begun ${
    moment(
      manifest.started,
    )
  }, ${manifest.status === "complete" ? "complete" : manifest.status} after ${
    seconds(
      manifest.seconds,
    )
  }.</p>
<ul class="cards">${
    cards.map(({ title, figure, text, href, tone }) =>
      markup`<li
class="${tone}"><a href="${href}"><span class="title">${title}</span><strong>${figure}</strong><span>${text}</span></a></li>`
    )
  }</ul>
${claims.length > 0 && verdictBar(claims.map(({ verdict }) => verdict))}
${
    refuted.length > 0 && markup`<h2>What was refuted</h2>
<ul class="claim-list">${
      refuted.map(({ id, verdict, statement, sentence }) =>
        markup`<li><a class="id" href="#${claimId(id)}">${id}</a>${
          badge(verdict)
        }<span class="told"><span class="statement">${statement}</span> <span class="sentence">${sentence}</span></span></li>`
      )
    }</ul>`
  }
${
    undecided.length > 0 &&
    markup`<p class="warning">Not decided: ${
      undecided.map(({ id }, i) => [i > 0 && ", ", markup`<a href="#${claimId(id)}">${id}</a>`])
    }.</p>`
  }
${failures(content)}
${
    problems.length > 0 &&
    markup`<ul class="warning">${problems.map((text) => markup`<li>${text}</li>`)}</ul>`
  }
</header>`;
}

const tally = (found: readonly string[]): [string, number][] =>
  verdicts.map((verdict): [string, number] => [
    verdict,
    found.filter((one) => one === verdict).length,
  ]).filter(([, number]) => number > 0);

function claimsCard(found: readonly string[]): Card[] {
  if (found.length === 0) return [];
  return [{
    title: "Claims",
    figure: String(found.length),
    text: listed(tally(found).map(([verdict, number]) => `${number} ${verdict}`)),
    href: "#claims",
    tone: found.includes("undecided") ? "bad" : "good",
  }];
}

function jobsCard({ manifest: { jobs } }: RunContent): Card {
  const by = (status: string) => jobs.filter((job) => job.status === status).length;
  const failed = jobs.length - by("ran") - by("cached");
  return {
    title: "Jobs",
    figure: String(jobs.length),
    text: listed(
      Object.entries(states).filter(([status]) => by(status) > 0)
        .map(([status, word]) => `${by(status)} ${word}`),
    ),
    href: "#run",
    tone: failed > 0 ? "bad" : "plain",
  };
}

/** The verdicts as one bar, its parts as wide as there are claims. */
function verdictBar(found: readonly string[]): Html {
  let x = 0;
  const parts = tally(found).map(([verdict, number]) => {
    const part = markup`<rect class="${verdict}" x="${x}" width="${number}" height="1" />`;
    x += number;
    return part;
  });
  return markup`<svg class="verdicts" viewBox="0 0 ${found.length} 1" preserveAspectRatio="none"
aria-hidden="true">${parts}</svg>
<p class="key" aria-hidden="true">${
    tally(found).map(([verdict, number]) =>
      markup`<span class="${verdict}">${number} ${verdict}</span>`
    )
  }</p>`;
}

function failures({ manifest: { jobs } }: RunContent): Html | false {
  const failed = jobs.filter(({ error }) => error !== undefined);
  return failed.length > 0 &&
    markup`<ul class="warning">${failed.map(({ error }) => markup`<li>${error}</li>`)}</ul>`;
}
