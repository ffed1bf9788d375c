/** Checks of the report's panels in a browser; started by `tests/pipeline/report/page_panels_test.ts`. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { Page } from "playwright-core";
import { type Check, faults, runChecks } from "./drive.ts";

const boxes = "#panel-boxes";
const networks = "#panel-initialisation";

const live = (page: Page, panel: string) => page.locator(`${panel}[data-state="live"]`).waitFor();

const finding = async (page: Page, panel: string): Promise<string> =>
  await page.locator(`${panel} .finding`).textContent() ?? "";

/** Opens the report with both panels computed. */
async function withPanels(page: Page, address: string): Promise<void> {
  await page.goto(address);
  for (const panel of [boxes, networks]) {
    await page.locator(panel).scrollIntoViewIfNeeded();
    await live(page, panel);
  }
}

/** A check of the report with both panels computed, in which no error is thrown. */
const onPanels = (check: (page: Page) => Promise<void>): Check => async (browser, address) => {
  const page = await browser.newPage();
  const thrown: string[] = [];
  page.on("pageerror", ({ message }) => thrown.push(message));
  await withPanels(page, address);
  await check(page);
  assertEquals(thrown, []);
  await page.close();
};

const same = "The run drew the same networks and measured the same value.";

await runChecks({
  "a panel does nothing before it comes into view": async (browser, address) => {
    const page = await browser.newPage({ viewport: { width: 1400, height: 300 } });
    await page.goto(address);
    await page.waitForTimeout(300);
    const states = await page.evaluate(
      `[...document.querySelectorAll(".panel")].map(({ dataset }) => dataset.state ?? "waits")`,
    );
    assertEquals(states, ["waits", "waits", "waits"]);
    assertEquals(await page.evaluate("typeof faninPanel"), "undefined");
    await page.locator(networks).scrollIntoViewIfNeeded();
    await live(page, networks);
    await page.close();
  },

  "the page measures the values of the run's stages, by its own kernel": onPanels(async (page) => {
    assertStringIncludes(await finding(page, networks), same);
    assertStringIncludes(await finding(page, boxes), "The run measured the same value.");
    for (const activation of ["linear", "tanh", "sigmoid"]) {
      await page.locator(networks).getByLabel("Activation", { exact: true }).selectOption(
        activation,
      );
      await live(page, networks);
      assertStringIncludes(await finding(page, networks), same);
    }
    await page.locator(networks).getByLabel("Fan-in").selectOption("8");
    await live(page, networks);
    assert(!(await finding(page, networks)).includes("The run"));
    await page.locator(networks).getByRole("button", { name: "Reset" }).click();
    await page.locator(`${networks} .finding`, { hasText: "The run drew" }).waitFor();
  }),

  "a panel is used by the keyboard alone": onPanels(async (page) => {
    await page.locator(boxes).getByLabel("Function", { exact: true }).focus();
    await page.keyboard.press("Tab");
    await page.keyboard.press("ArrowRight");
    await page.locator(`${boxes} .finding`, { hasText: "With 17 boxes" }).waitFor();
    assertEquals(await page.locator(`${boxes} output`).textContent(), "17");
    await page.keyboard.press("Home");
    await page.locator(`${boxes} .finding`, { hasText: "With 1 box " }).waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.locator(`${boxes} .finding`, { hasText: "With 16 boxes" }).waitFor();
  }),

  "a variance is chosen from the list or typed; one that cannot be is named": onPanels(
    async (page) => {
      const list = page.locator(networks).getByLabel("Variance of a weight, times n", {
        exact: true,
      });
      const box = page.locator(networks).getByLabel("Variance of a weight, times n, as a number");
      const whole = await finding(page, networks);
      await box.fill("0.5");
      assertEquals(await list.inputValue(), "");
      await live(page, networks);
      const half = await finding(page, networks);
      assert(half !== whole && !half.includes("The run"), half);
      await box.fill("1000");
      assertMatch(await finding(page, networks), /10/);
      await box.fill("");
      assert((await finding(page, networks)).length > 5);
      await list.selectOption("2");
      assertEquals(await box.inputValue(), "2");
      await page.locator(`${networks} .finding`, { hasText: "The run drew" }).waitFor();
    },
  ),

  "newer settings end a computation that goes on": onPanels(async (page) => {
    const width = page.locator(networks).getByLabel("Fan-in");
    for (const value of ["512", "8", "512", "24"]) await width.selectOption(value);
    await page.locator(`${networks} .finding`, { hasText: "The run drew" }).waitFor();
    await page.waitForTimeout(300);
    assertStringIncludes(await finding(page, networks), same);
  }),

  "one that fails says so, and the page stays": async (browser, address) => {
    const page = await browser.newPage();
    await page.goto(address);
    await page.locator("#panel-fails-in-page").scrollIntoViewIfNeeded();
    await page.locator('#panel-fails-in-page[data-state="failed"]').waitFor();
    assertStringIncludes(await finding(page, "#panel-fails-in-page"), "nothing computes here");
    assertEquals(await page.evaluate("window.hacked"), undefined);
    await page.close();
  },

  "without scripts there is the static chart, and no panel": async (browser, address) => {
    const page = await browser.newPage({ javaScriptEnabled: false });
    await page.goto(address);
    assertEquals(await page.locator(".panel").filter({ visible: true }).count(), 0);
    const chart = page.locator("[id='chart:visualize/question-2:curve'] .drawing > noscript > *");
    assert(await chart.isVisible());
    await page.close();
  },

  "at every width, light and dark, charts are whole, nothing is wider, axe finds nothing": async (
    browser,
    address,
  ) => {
    for (const [width, colorScheme] of [[1400, "light"], [390, "dark"], [320, "light"]] as const) {
      const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
      await withPanels(page, address);
      assertEquals(await page.evaluate("document.documentElement.scrollWidth"), width);
      const cut = await page.evaluate(`[...document.querySelectorAll(".panel .drawing")]
        .flatMap((place) => [...place.querySelectorAll("svg text, svg path")].filter((part) => {
          const [outer, inner] = [place, part].map((one) => one.getBoundingClientRect());
          return inner.width > 0 && (inner.left < outer.left - 1 || inner.right > outer.right + 1 ||
            inner.top < outer.top - 1 || inner.bottom > outer.bottom + 1);
        }).map((part) => part.textContent || part.getAttribute("d")))`);
      assertEquals(cut, [], `at ${width}`);
      const letters = await page.evaluate(`Math.min(...
        [...document.querySelectorAll(".panel svg text")]
          .map((text) => text.getBoundingClientRect()).filter(({ width }) => width > 0)
          .map(({ width, height }) => Math.max(width, height)))`) as number;
      assert(letters >= 8, `letters of ${letters} pixels at ${width}`);
      assertEquals(await faults(page, ".panel"), []);
      await page.close();
    }
  },
});
