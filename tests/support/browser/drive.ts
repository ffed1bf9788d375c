/**
 * A browser for tests: Debian's Chromium, driven by playwright. Run as a process of its own, as what
 * playwright asks of Deno is more than the tests are allowed; it gives what each check came to as JSON.
 */
import { type Browser, chromium, type Page } from "playwright-core";

export type Check = (browser: Browser, address: string) => Promise<void>;

/** Result of each check: null if it passed, otherwise the problem. */
export type Results = Record<string, string | null>;

const executablePath = "/usr/bin/chromium";

const args = [
  // The sandbox may not be used by root; the browser opens only the pages that the tests made.
  "--no-sandbox",
  // Each window's popups of the address bar take as long as a report.
  "--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup",
];

/** Most milliseconds that a page takes for a step, where other programs need the processor. */
const patience = 300_000;

/** Runs the checks on the address that was given to this process and prints their results. */
export async function runChecks(checks: Record<string, Check>): Promise<void> {
  const browser = await chromium.launch({ executablePath, args, timeout: patience });
  browser.on("context", (context) => context.setDefaultTimeout(patience));
  const results: Results = {};
  try {
    for (const [name, check] of Object.entries(checks)) {
      results[name] = await check(browser, Deno.args[0]).then(
        () => null,
        (error: Error) => error.stack ?? error.message,
      );
    }
  } finally {
    await browser.close();
  }
  console.log(JSON.stringify(results));
}

/** Looks again and again until something holds; fails where it never does. */
export async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + patience;
  while (!await holds()) {
    if (performance.now() > end) throw new Error(`expected within ${patience / 1000} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
}

/** Scrolls through the whole page, so that everything comes into view once. */
export async function scrollThrough(page: Page): Promise<void> {
  const height = await page.evaluate("document.documentElement.scrollHeight") as number;
  for (let y = 0; y <= height; y += 600) {
    await page.evaluate(`scrollTo({ top: ${y}, behavior: "instant" })`);
    await page.waitForTimeout(30);
  }
}

/** Serious faults that axe finds within `part`, each with its rule and where it is. */
export async function faults(page: Page, part = "html"): Promise<string[]> {
  const { default: axe } = await import("axe-core");
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(
    `axe.run(${JSON.stringify(part)}, { resultTypes: ["violations"] })`,
  ) as { violations: { id: string; impact: string; nodes: { html: string }[] }[] };
  return violations.filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ html }) => html).join(" ")}`);
}
