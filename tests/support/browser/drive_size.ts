/** Checks that a whole run's report is short enough to be read: its height, its elements, its first view. */
import { type Check, runChecks, scrollThrough } from "./drive.ts";

/** Caps at 1400 px, after everything has come into view. */
const most = { height: 25_000, elements: 12_000 };

const size: Check = async (browser, address) => {
  const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
  await page.goto(address);
  await scrollThrough(page);
  await page.waitForTimeout(500);
  const { height, elements } = await page.evaluate(`({
    height: document.documentElement.scrollHeight,
    elements: document.getElementsByTagName("*").length,
  })`) as typeof most;
  if (height > most.height || elements > most.elements) {
    throw new Error(
      `expected at most ${most.height} px and ${most.elements} elements, found ${height} px and ` +
        `${elements} elements`,
    );
  }
};

const firstView: Check = async (browser, address) => {
  const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
  await page.goto(address);
  const charts = await page.evaluate(`[...document.querySelectorAll(".highlights a")]
    .filter((link) => link.querySelector("svg, img") !== null)
    .filter((link) => link.getBoundingClientRect().bottom <= innerHeight).length`) as number;
  if (charts < 4) throw new Error(`expected four charts in the first view, found ${charts}`);
};

/** On a telephone the first chart begins in the first view. */
const firstViewOfPhone: Check = async (browser, address) => {
  const page = await browser.newPage({ viewport: { width: 390, height: 844 } });
  await page.goto(address);
  const top = await page.evaluate(
    `document.querySelector(".highlights a :is(svg, img)").getBoundingClientRect().top`,
  ) as number;
  if (top > 844 / 2) throw new Error(`expected a chart in the upper half, found it at ${top} px`);
};

await runChecks({ size, firstView, firstViewOfPhone });
