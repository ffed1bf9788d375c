/** Tests how formulas are written for the page. */
import { assertEquals } from "@std/assert";
import { openFormulas } from "../../../pipeline/report/html/formulas.ts";

/** The number of formulas that the page may put on lines of their own. */
async function formulasIn(tex: string): Promise<number> {
  const problems: string[] = [];
  const formulas = await openFormulas((problem) => problems.push(problem));
  const { text } = formulas.render(tex, true);
  assertEquals(problems, []);
  return text.split('class="katex-display"').length - 1;
}

Deno.test("a displayed formula may be broken where it has a wide space, and not within a group", async () => {
  assertEquals(await formulasIn("a = b, \\qquad \\text{and} \\qquad c = d"), 3);
  assertEquals(await formulasIn("a \\quad b"), 1);
  assertEquals(await formulasIn("\\left(a \\qquad b\\right)"), 1);
});
