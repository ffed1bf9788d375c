/** How a run compares with the reference run, in its report. Two runs have a page of their own, in `comparison/`. */
import type { Rung } from "../../schemas/comparison.ts";
import type { ReferenceVerdict } from "../comparison/against_reference.ts";
import { markup } from "./html.ts";
import type { Supplement } from "./page.ts";
import { listed } from "./words.ts";

/** What is said of so many artifacts on each rung of the ladder. */
const rungWords: Record<Rung, string> = {
  identical: "the same bytes",
  equal: "the same values",
  within: "within tolerance",
  consistent: "as other seeds differ",
  different: "different",
  missing: "not to be compared",
};

/** The card and section of a run's report on the reference run. */
export function referenceSupplement({ agrees, text, report }: ReferenceVerdict): Supplement {
  const rungs = Object.entries(report.rungs) as [Rung, number][];
  const [first, ...rest] = text.split("\n").map((line) => line.trim());
  return {
    id: "reference",
    title: "The reference run",
    card: {
      title: "Reference run",
      figure: !report.compared ? "not compared" : agrees ? "agrees" : "differs",
      text: rungs.length === 0
        ? report.sentence
        : listed(rungs.map(([rung, number]) => `${number} ${rungWords[rung]}`)),
      href: "#reference",
      tone: !agrees ? "bad" : report.compared ? "good" : "plain",
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
