/** Checks that hold for every page, at every width; started by `tests/pipeline/report/page_widths_test.ts`. */
import { assertEquals } from "@std/assert";
import { faults, runChecks, scrollThrough } from "./drive.ts";

await runChecks({
  // 1280 pixels at 400 % are 320.
  "at 320 to 1400 pixels, light and dark, nothing is wider and axe finds nothing": async (
    browser,
    address,
  ) => {
    for (const width of [320, 390, 768, 1400]) {
      const page = await browser.newPage({ viewport: { width, height: 900 } });
      await page.goto(address);
      await scrollThrough(page);
      await page.evaluate(
        `document.querySelectorAll("details").forEach((one) => one.open = true)`,
      );
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme });
        const where = `at ${width} pixels, ${colorScheme}`;
        assertEquals(
          await page.evaluate("document.documentElement.scrollWidth"),
          width,
          where,
        );
        assertEquals(await faults(page), [], where);
      }
      await page.close();
    }
  },

  "the switch between light and dark moves nothing when it appears": async (browser, address) => {
    const tops = async (javaScriptEnabled: boolean) => {
      const context = await browser.newContext({
        viewport: { width: 390, height: 844 },
        javaScriptEnabled,
      });
      const page = await context.newPage();
      await page.goto(address);
      const box = await page.locator("main").boundingBox();
      await context.close();
      return box?.y;
    };
    assertEquals(await tops(true), await tops(false));
  },
});
