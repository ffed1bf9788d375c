/**
 * Checks of the live page in a browser; started by `tests/pipeline/report/report_live_test.ts`. The address is followed
 * by a directory in which each check leaves an empty file when it wants the run to go on.
 */
import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { faults, runChecks, until } from "./drive.ts";

const goOn = (name: string) => Deno.writeTextFile(join(Deno.args[1], name), "");

/** Parts of the charts that their places cut off. */
const cutOff = (page: Page) =>
  page.evaluate(`[...document.querySelectorAll("#curves .drawing")].flatMap((place) =>
    [...place.querySelectorAll("svg text, svg .role-mark path")].filter((part) => {
      const [outer, inner] = [place, part].map((one) => one.getBoundingClientRect());
      return inner.width > 0 && (inner.left < outer.left - 1 || inner.right > outer.right + 1 ||
        inner.top < outer.top - 1 || inner.bottom > outer.bottom + 1);
    }).map((part) => part.textContent || part.getAttribute("d")))`);

/** Left edges and widths of the columns, and the distance of the first row from the page's top. */
const placeOfTable = (page: Page): Promise<number[]> =>
  page.evaluate(
    `[...document.querySelectorAll("#jobs tbody tr:first-child > *")].flatMap((cell) => {
    const { left, top, width } = cell.getBoundingClientRect();
    return [left, top + scrollY, width];
  })`,
  );

await runChecks({
  "the page shows the run as it goes on, and comes back after the server was gone": async (
    browser,
    address,
  ) => {
    const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
    const said: string[] = [];
    page.on("pageerror", (error) => said.push(error.message));
    page.on("console", (message) => {
      if (message.text().includes("Content Security Policy")) said.push(message.text());
    });
    await page.goto(address);
    const state = (job: string, text: string) =>
      page.locator("#jobs tbody tr", { hasText: job }).locator("td", { hasText: text }).first()
        .waitFor();
    await state("train/small", "running");
    await page.locator("#curves .role-mark path").first().waitFor({ state: "attached" });
    // A job's progress may be reported after its first metrics.
    await page.locator("#running", { hasText: /train\/small.*20 of 100 samples/s }).waitFor();
    const looks = page.locator("#curves .key line");
    await looks.nth(1).waitFor({ state: "attached" });
    const [first, second] = await Promise.all(
      [0, 1].map((i) => looks.nth(i).getAttribute("stroke")),
    );
    assertNotEquals(first, second);
    assertEquals(await page.locator("#curves .key span").allTextContents(), [
      "train/small",
      "train/large",
    ]);
    // Each line of the chart has the look of its job in the key.
    const lines = page.locator("#curves .mark-line.role-mark path");
    await lines.nth(1).waitFor({ state: "attached" });
    const drawn = await Promise.all([0, 1].map((i) => lines.nth(i).getAttribute("stroke")));
    assertEquals(new Set(drawn), new Set([first, second]));
    for (const [width, colorScheme] of [[390, "dark"], [768, "light"], [1400, "dark"]] as const) {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme });
      const drawing = page.locator("#curves .drawing");
      await until(`a chart as wide as its place at ${width}`, async () => {
        const [{ width: place }, { width: chart }] = await Promise.all(
          [drawing, drawing.locator("svg")].map(async (one) => (await one.boundingBox())!),
        );
        return Math.abs(chart - place) < 2;
      });
      assertEquals(await cutOff(page), [], `at ${width}`);
      assertEquals(await page.evaluate("document.documentElement.scrollWidth"), width);
      assertEquals(await faults(page), []);
    }
    const before = await placeOfTable(page);
    await goOn("seen");

    await page.getByText("Connection lost").waitFor();
    await goOn("lost");

    await state("train/small", "ran");
    const after = await placeOfTable(page);
    // A glyph of a fallback font can make a line 2 or 3 pixels higher.
    before.forEach((place, i) => assert(Math.abs(after[i] - place) < 4, `${before} → ${after}`));
    await goOn("placed");
    await page.locator("#report").waitFor({ state: "visible" });
    assertMatch(await page.locator("#outcome").textContent() ?? "", /^Complete after \d+:\d\d\.$/);
    await page.locator("#curves .mark-symbol.role-mark path").nth(2).waitFor({ state: "attached" });
    // A value that is not finite has no point, breaks no axis and is reported once.
    assertEquals(await page.locator("#curves figure .note").allTextContents(), [
      "train/small: Infinity at step 3",
    ]);
    const axis = await page.locator("#curves .role-axis-label text").allTextContents();
    assertEquals(axis.filter((label) => /NaN|∞|Infinity/.test(label)), []);
    assertEquals(await page.locator("#jobs tbody tr").count(), 3);
    assertEquals(said, []);
    await page.close();

    const late = await browser.newPage();
    await late.addInitScript(`addEventListener("DOMContentLoaded", () => {
      const [bar, outcome] = ["whole", "outcome"].map((id) => document.getElementById(id));
      new MutationObserver(() => {
        if (outcome.textContent !== "") self.atEnd ??= [bar.value, bar.max];
      }).observe(outcome, { childList: true });
    })`);
    await late.goto(address);
    await late.locator("#outcome", { hasText: "Complete" }).waitFor();
    assertEquals(
      await late.evaluate("self.atEnd"),
      [3, 3],
      "the bar of a run that has ended is full",
    );
    await late.close();
  },
});
