/** Checks of the report in a browser; started by `tests/pipeline/report/report_page_test.ts` with the report's address. */
import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import type { Page } from "playwright-core";
import { type Check, faults, runChecks, scrollThrough, until } from "./drive.ts";

const live = `figure.chart[data-state="live"]`;

/** A check of the report as it opens: no chart is drawn anew yet. */
const opened =
  (check: (page: Page) => Promise<void>, options = {}): Check => async (browser, address) => {
    const page = await browser.newPage(options);
    try {
      await page.goto(address);
      await check(page);
    } finally {
      await page.close();
    }
  };

/** A check of the report with every chart drawn. */
const drawn = (check: (page: Page) => Promise<void>, options = {}): Check =>
  opened(async (page) => {
    // A chart is drawn while it is near the view; one that is scrolled past sooner is not.
    for (const figure of await page.locator("figure.chart").all()) {
      await figure.scrollIntoViewIfNeeded();
      await figure.and(page.locator(live)).waitFor();
    }
    await check(page);
  }, options);

const texts = (page: Page, selector: string) => page.locator(selector).allTextContents();

await runChecks({
  "it opens from disk with no word on the console and no request": async (browser, address) => {
    const page = await browser.newPage();
    const said: string[] = [];
    const requested: string[] = [];
    page.on("console", (message) => said.push(message.text()));
    page.on("pageerror", (error) => said.push(error.message));
    page.on("request", (request) => requested.push(request.url()));
    await page.goto(address);
    await scrollThrough(page);
    await page.waitForSelector(live);
    assertEquals(said, []);
    assertEquals(requested.filter((url) => !url.startsWith("data:")), [address]);
    await page.close();
  },

  "what comes from data is shown as text and nothing of it runs": drawn(async (page) => {
    assertEquals(await page.evaluate("window.hacked"), undefined);
    assertMatch((await texts(page, "h1"))[0], /<\/script><script>window\.hacked=1/);
    assertEquals(await page.locator("main img, main [onerror]").count(), 0);
    assertEquals(await page.locator(`a[href^="javascript"]`).count(), 0);
  }),

  "its policy lets no other script run": opened(async (page) => {
    await page.evaluate(`{
      const script = document.createElement("script");
      script.textContent = "window.added = 1";
      document.body.append(script);
      document.body.insertAdjacentHTML("beforeend", '<img src="data:," onerror="window.added = 1">');
    }`);
    await page.waitForTimeout(100);
    assertEquals(await page.evaluate("window.added"), undefined);
  }),

  "every chart is drawn, still and live, and has more than its frame": drawn(async (page) => {
    const marks = await page.evaluate(
      `[...document.querySelectorAll("${live.replaceAll('"', "'")}")]
      .map((figure) => [...figure.querySelectorAll(
        ".role-mark path, .role-mark line, .role-mark rect")]
        .filter((mark) => { const box = mark.getBoundingClientRect();
          return box.width + box.height > 3; }).length)`,
    ) as number[];
    assertEquals(marks.length, 3);
    for (const number of marks) assert(number >= 1, marks.join());
  }),

  "without scripts the charts are there as pictures": async (browser, address) => {
    const page = await browser.newPage({ javaScriptEnabled: false });
    await page.goto(address);
    const pictures = page.locator("figure.chart .drawing svg[role=img]");
    assertEquals(await pictures.count(), 3);
    for (const picture of await pictures.all()) {
      const box = await picture.boundingBox();
      assert(box !== null && box.width > 200 && box.height > 100, JSON.stringify(box));
    }
    await page.locator("[id='claim:Q2c.number'] summary").click();
    assertMatch(
      await page.locator("[id='claim:Q2c.number']").innerText(),
      /opens with scripts.*claims\.json/s,
    );
    await page.close();
  },

  "a chart that cannot be drawn is there as the run’s picture, with the reason": async (
    browser,
    address,
  ) => {
    const page = await browser.newPage();
    await page.addInitScript(`Object.defineProperty(globalThis, "vegaLite", {
      get: () => ({ compile() { throw new Error("no such mark"); } }),
      set() {},
    })`);
    await page.goto(address);
    const figure = page.locator("[id='chart:visualize/question-2:bars']");
    await figure.scrollIntoViewIfNeeded();
    await figure.getByText(/The run’s picture, because this browser cannot draw.*no such mark/)
      .waitFor();
    await figure.locator(".drawing svg[role=img]").waitFor();
    await page.close();
  },

  "pointing at a bar shows its values": drawn(async (page) => {
    const bar = page.locator("[id='chart:visualize/question-2:bars'] .mark-rect.role-mark path")
      .nth(1);
    await bar.scrollIntoViewIfNeeded();
    await bar.hover();
    const tooltip = page.locator(".tooltip");
    await tooltip.waitFor({ state: "visible" });
    assertMatch(await tooltip.textContent() ?? "", /count\s*31/);
    await page.mouse.move(2, 2);
    await tooltip.waitFor({ state: "hidden" });
  }),

  "a curve is zoomed by buttons and by the wheel, and back": drawn(async (page) => {
    const figure = page.locator("[id='chart:visualize/question-2:curve']");
    const labels = async () =>
      (await figure.locator(".role-axis-label text").allTextContents()).sort().join(" ");
    const whole = await labels();
    const changes = async (action: () => Promise<void>) => {
      const before = await labels();
      await action();
      await until("other labels", async () => await labels() !== before);
      return await labels();
    };
    const button = (name: string) => figure.getByRole("button", { name });
    const once = await changes(() => button("Zoom in").click());
    assertNotEquals(once, whole);
    assertNotEquals(await changes(() => button("Zoom in").click()), once);
    assertEquals(await changes(() => button("Reset to the whole chart").click()), whole);
    await figure.locator("svg").first().hover();
    const scrolled = await page.evaluate("scrollY");
    await page.keyboard.down("Control");
    assertNotEquals(await changes(() => page.mouse.wheel(0, -300)), whole);
    await page.keyboard.up("Control");
    assertEquals(await page.evaluate("scrollY"), scrolled);
  }),

  "a table is sorted by a column, the other way, and as it was": opened(async (page) => {
    const table = page.locator("table", { hasText: "Glorot" }).first();
    const column = async () => (await table.locator("tbody td:nth-child(2)").allTextContents());
    const head = table.locator("th", { hasText: "Loss" });
    assertEquals(await column(), ["0.5", "12", "−3", "2"]);
    await head.getByRole("button").click();
    assertEquals(await column(), ["−3", "0.5", "2", "12"]);
    assertEquals(await head.getAttribute("aria-sort"), "ascending");
    await head.getByRole("button").press("Enter");
    assertEquals(await column(), ["12", "2", "0.5", "−3"]);
    await head.getByRole("button").click();
    assertEquals(await column(), ["0.5", "12", "−3", "2"]);
  }),

  "the ledger is filtered by verdict, part and words; a link opens a claim": opened(
    async (page) => {
      const shown = () => page.locator("#claims-list > details:visible .id").allTextContents();
      assertEquals((await shown()).length, 3);
      await page.getByLabel("Verdict").selectOption("refuted");
      assertEquals(await shown(), ["Q2c.number"]);
      await page.getByLabel("Verdict").selectOption("");
      await page.getByLabel("Part").selectOption("Q2");
      assertEquals(await shown(), ["Q2a.forward", "Q2c.number"]);
      await page.getByLabel("Find").fill("variance kept");
      assertEquals(await shown(), ["Q2a.forward"]);
      await page.evaluate(`location.hash = "claim:Q2c.number"`);
      await page.locator("[id='claim:Q2c.number'] table").waitFor({ state: "visible" });
      const rows = page.locator("[id='claim:Q2c.number'] tbody tr");
      assertEquals(await rows.count(), 3);
    },
  ),

  "a link to a job opens its group and its facts": opened(async (page) => {
    await page.locator("#jobs .group[open]").first().waitFor();
    await page.locator("[id='section:visualize/question-2:question-2'] .note a").click();
    const job = page.locator("[id='job:visualize/question-2']");
    await job.getByText("The lines of the key").or(job.locator("pre")).first().waitFor();
    assertMatch(await job.innerText(), /Needs\s+train\/small/);
    assertMatch(await job.locator("pre").innerText(), /stage visualize/);
  }),

  "the head has the sections’ small charts, each with a link to its section": opened(
    async (page) => {
      const links = page.locator("#summary .highlights a");
      assertEquals(await links.count(), 1);
      assertEquals(await links.getAttribute("href"), "#section:visualize/question-2:question-2");
      assertMatch(await page.locator(".highlights p").innerText(), /^The variance/);
      const box = await links.locator("svg").boundingBox();
      assert(box !== null && box.y > 0 && box.y < 720, JSON.stringify(box));
      const claims = (await page.locator("#claims").boundingBox())!.y;
      const section =
        (await page.locator("[id='section:visualize/question-2:question-2']").boundingBox())!.y;
      const run = (await page.locator("#run").boundingBox())!.y;
      assert(section < claims && claims < run, `${[section, claims, run]}`);
    },
  ),

  "a chart takes the width of its place, again when that changes": drawn(
    async (page) => {
      for (const width of [1400, 700, 360]) {
        await page.setViewportSize({ width, height: 900 });
        await page.locator("[id='chart:visualize/question-2:curve']").scrollIntoViewIfNeeded();
        const widths = async () =>
          await page.evaluate(`[".drawing", ".drawing svg"].map((selector) =>
            document.querySelector("[id='chart:visualize/question-2:curve'] " + selector)
              .getBoundingClientRect().width)`) as number[];
        await until(`a chart as wide as its place at ${width}`, async () => {
          const [place, chart] = await widths();
          return chart <= place && chart > place - 14;
        });
      }
    },
  ),

  "of four cards or charts in the summary none is alone below three": opened(async (page) => {
    await page.evaluate(`for (const list of document.querySelectorAll(".cards, .highlights")) {
      while (list.children.length > 4) list.lastElementChild.remove();
      while (list.children.length < 4) list.append(list.lastElementChild.cloneNode(true));
    }`);
    for (let width = 320; width <= 1600; width += 40) {
      await page.setViewportSize({ width, height: 900 });
      const rows = await page.evaluate(`[".cards", ".highlights"].map((list) => {
        const items = [...document.querySelector(list).children];
        const tops = items.map((one) => Math.round(one.getBoundingClientRect().top));
        return tops.filter((top) => top === tops[0]).length;
      })`) as number[];
      assert(!rows.includes(3), `${rows} in the first row at ${width}`);
    }
  }),

  "formulas are typeset with their fonts and read as MathML": drawn(async (page) => {
    assertEquals(await page.locator("section .katex math").count(), 2);
    assertEquals(await texts(page, "code.tex"), ["\\frac{1"]);
    assertEquals(await page.evaluate(`document.fonts.check("16px KaTeX_Math")`), true);
    assertEquals(await page.evaluate(`document.fonts.check("600 16px Inter")`), true);
    const width = await page.evaluate(
      `getComputedStyle(document.querySelector(".katex .frac-line")).borderBottomWidth`,
    );
    assertNotEquals(width, "0px");
  }),

  "axe finds no serious fault, light and dark, everything opened": drawn(async (page) => {
    await page.evaluate(`document.querySelectorAll("details").forEach((one) => one.open = true)`);
    assertEquals(await faults(page), []);
    const before = await page.evaluate(
      "getComputedStyle(document.documentElement).backgroundColor",
    );
    await page.getByRole("button", { name: "Dark" }).click();
    assertNotEquals(
      await page.evaluate("getComputedStyle(document.documentElement).backgroundColor"),
      before,
    );
    assertEquals(await faults(page), []);
  }),

  "at 320 pixels, which is 400 %, nothing is cut off, axe finds nothing": drawn(async (page) => {
    await page.evaluate(`document.querySelectorAll("details").forEach((one) => one.open = true)`);
    await page.locator("[id='claim:Q2c.number'] table").waitFor();
    assertEquals(await page.evaluate("document.documentElement.scrollWidth"), 320);
    assertEquals(await faults(page), []);
  }, { viewport: { width: 320, height: 5000 } }),

  "a narrow screen is not wider than it is": drawn(async (page) => {
    await page.evaluate(`document.querySelectorAll("details").forEach((one) => one.open = true)`);
    assertEquals(await page.evaluate("document.documentElement.scrollWidth"), 390);
    const letters = await page.evaluate(`Math.min(...[...document.querySelectorAll(
      "figure.chart text")].map((text) => text.getBoundingClientRect())
      .map(({ width, height }) => Math.max(width, height)).filter((size) => size > 0))`) as number;
    assert(letters >= 8, `the least letters of a chart are ${letters} pixels high`);
  }, { viewport: { width: 390, height: 844 } }),

  "printed it has its charts, light, and nothing to press": drawn(async (page) => {
    await page.emulateMedia({ media: "print", colorScheme: "dark" });
    assertEquals(
      await page.locator("nav, form.filter, .zoom").filter({ visible: true }).count(),
      0,
    );
    assertEquals(
      await page.evaluate("getComputedStyle(document.documentElement).backgroundColor"),
      "rgb(255, 255, 255)",
    );
    assertEquals(
      await page.evaluate(`getComputedStyle(document.querySelector(".chart svg")).filter`),
      "none",
    );
    const pdf = await page.pdf({ format: "A4" });
    assert(pdf.length > 20_000, `${pdf.length} bytes of PDF`);
  }),
});
