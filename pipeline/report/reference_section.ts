/** How a run compares with the reference run, in its report. Two runs have a page of their own, in `comparison/`. */
import type { Agreement } from "../../schemas/run/agreement_level.ts";
import type { ReferenceVerdict } from "../grade/against_reference.ts";
import { markup } from "./html/html.ts";
import type { Supplement } from "./page.ts";
import { listed } from "../terminal/numbers.ts";

/** Words after a number of artifacts. */
const words: Record<Agreement, string> = {
  identical: "the same bytes",
  equal: "the same values",
  within: "within tolerance",
  consistent: "within spread",
  different: "different",
  missing: "missing",
  unknown: "not compared",
};

/** The card and section of a run's report on the reference run. */
export function referenceSupplement({ text, report }: ReferenceVerdict): Supplement {
  const agreements = Object.entries(report.agreements) as [Agreement, number][];
  const unknown = report.notCompared.length;
  const figures = {
    "agrees": "agrees",
    "differs": "differs",
    "not-compared": unknown > 0 ? `${unknown} not compared` : "not compared",
  };
  const [first, ...rest] = text.split("\n").map((line) => line.trim());
  return {
    id: "reference",
    title: "The reference run",
    card: {
      title: "Reference run",
      figure: figures[report.verdict],
      text: agreements.length === 0
        ? report.sentence
        : listed(agreements.map(([agreement, number]) => `${number} ${words[agreement]}`)),
      href: "#reference",
      tone: !report.passed ? "bad" : report.verdict === "agrees" ? "good" : "plain",
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
