import { assert, assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import * as vegaLite from "vega-lite";
import * as vega from "vega";
import type { Evaluation } from "../schemas/training.ts";
import { testAccuracyChart, testLossChart } from "../stages/charts/question_4.ts";
import { openRenderer } from "../stages/charts/render.ts";
import { dag } from "../stages/mod.ts";

const evaluation = (correct: number[]): Evaluation => ({
  samples: 10_000,
  epochs: correct.map((correct, epoch) => ({
    epoch,
    loss: 2.36 / (epoch + 1),
    correct,
    confusion: [],
    precision: [],
    recall: [],
  })),
});
const evaluations = {
  described: evaluation([1028, 8671, 9078, 9277]),
  listed: evaluation([999, 9064, 9246, 9324]),
};
const effects = {
  readPackageFile: (specifier: string) => Deno.readFile(new URL(import.meta.resolve(specifier))),
};

Deno.test("a chart's title states the finding, and its description gives the figures", () => {
  const chart = testAccuracyChart(evaluations) as { title: { text: string }; description: string };
  assertStringIncludes(chart.title.text, "92.77 %");
  for (const figure of ["1028", "8671", "9078", "9277"]) {
    assertStringIncludes(chart.description, figure);
  }
  const loss = testLossChart(evaluations) as { title: { text: string } };
  assertStringIncludes(loss.title.text, "from 2.36 to 0.59");
});

Deno.test("a chart compiles without a warning", () => {
  for (const spec of [testLossChart(evaluations), testAccuracyChart(evaluations)]) {
    const warnings: unknown[] = [];
    const logger = vega.logger(vega.Warn);
    logger.warn = (...args: unknown[]) => {
      warnings.push(args);
      return logger;
    };
    vegaLite.compile(spec, { logger: logger as never });
    assertEquals(warnings, []);
  }
});

Deno.test("the same chart gives the same bytes of SVG and PNG, also after another was drawn", async () => {
  const first = await (await openRenderer(effects)).render(testLossChart(evaluations));
  const renderer = await openRenderer(effects);
  await renderer.render(testAccuracyChart(evaluations));
  const second = await renderer.render(testLossChart(evaluations));
  assertEquals(second.svg, first.svg);
  assertEquals(second.png, first.png);
  assertEquals([...first.png.subarray(1, 4)], [..."PNG"].map((c) => c.charCodeAt(0)));
});

Deno.test("text is drawn in the picture: without the fonts it would be another", async () => {
  const { svg, png } = await (await openRenderer(effects)).render(testLossChart(evaluations));
  const { Resvg } = await import("@resvg/resvg-wasm");
  const bare = new Resvg(svg, {
    font: { loadSystemFonts: false },
    fitTo: { mode: "zoom", value: 2 },
  }).render().asPng();
  assertNotEquals(png, bare);
  assert(png.length > bare.length * 1.5, `${png.length} bytes with text, ${bare.length} without`);
});

Deno.test("the fonts and the renderer that a chart is drawn with enter its key", () => {
  const { stage } = dag.find((job) => job.name === "visualize/question-4")!;
  assertEquals([...stage.packages!], ["@expo-google-fonts/inter", "@resvg/resvg-wasm"]);
});
