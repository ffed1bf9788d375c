/** Checks of a comparison's page in a browser; started by `tests/pipeline/diff/diff_output_test.ts`. */
import { assert, assertEquals } from "@std/assert";
import { faults, runChecks } from "./drive.ts";

await runChecks({
  "at 390 pixels tables are stacked and whole, and letters of charts are read": async (
    browser,
    address,
  ) => {
    const page = await browser.newPage({
      viewport: { width: 390, height: 844 },
      colorScheme: "dark",
    });
    await page.goto(address);
    assertEquals(await page.evaluate("document.documentElement.scrollWidth"), 390);
    const stacked = page.locator(".stacked .table");
    assert(await stacked.count() === 2);
    const wider = await page.evaluate(`[...document.querySelectorAll(".stacked .table")]
      .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)
      .map(({ scrollWidth }) => scrollWidth)`);
    assertEquals(wider, []);
    const letters = await page.evaluate(`Math.min(...
      [...document.querySelectorAll(".chart svg text")]
        .map((text) => text.getBoundingClientRect()).filter(({ width }) => width > 0)
        .map(({ width, height }) => Math.max(width, height)))`) as number;
    assert(letters >= 8, `letters of ${letters} pixels`);
    assertEquals(await faults(page), []);
    await page.close();
  },

  "at 1400 pixels, light and dark, nothing is wider and axe finds nothing": async (
    browser,
    address,
  ) => {
    for (const colorScheme of ["light", "dark"] as const) {
      const page = await browser.newPage({ viewport: { width: 1400, height: 900 }, colorScheme });
      await page.goto(address);
      assertEquals(await page.evaluate("document.documentElement.scrollWidth"), 1400);
      assertEquals(await faults(page), []);
      await page.close();
    }
  },
});
