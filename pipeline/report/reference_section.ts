/** Draws how a run compares with the reference run, in its report. */
import type { Agreement } from "../../schemas/run/agreement_level.ts";
import { agreementWords } from "../diff/agreement.ts";
import type { ReferenceVerdict } from "../grade/against_reference.ts";
import { markup } from "./html/html.ts";
import type { ExtraSection } from "./run_page.ts";
import { listed } from "../terminal/numbers.ts";

/** The card and section of a run's report on the reference run. */
export function referenceSection({ text, report }: ReferenceVerdict): ExtraSection {
  const { verdict, passed, sentence, notCompared } = report;
  const agreements = Object.entries(report.agreements) as [Agreement, number][];
  const counts = agreements.map(([agreement, number]) =>
    `${number} ${agreementWords[agreement].toLowerCase()}`
  );
  const values = {
    "agrees": "agrees",
    "differs": "differs",
    "not-compared": `${notCompared.length > 0 ? `${notCompared.length} ` : ""}not compared`,
  };
  const tone = verdict === "agrees" ? "good" : "plain";
  const [first, ...rest] = text.split("\n").map((line) => line.trim());
  return {
    id: "reference",
    title: "The reference run",
    card: {
      title: "Reference run",
      value: values[verdict],
      text: counts.length === 0 ? sentence : listed(counts),
      href: "#reference",
      tone: passed ? tone : "bad",
    },
    body: markup`
<section id="reference">
<h2>The reference run</h2>
<p>${first}</p>
${rest.length > 0 && markup`<ul>${rest.map((line) => markup`<li>${line}</li>`)}</ul>`}
</section>
`,
  };
}
