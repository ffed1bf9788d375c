/** Tests the charts: titles that follow the values, samples, calibration, pictures, letters. */
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertNotEquals,
  assertStringIncludes,
} from "@std/assert";
import fc from "fast-check";
import { decode } from "fast-png";
import type { ChartSpec } from "../../../stages/visualize/chart_outputs.ts";
import { reportedCurveChart } from "../../../stages/visualize/charts/reported_curve.ts";
import { boxChart } from "../../../stages/visualize/charts/box.ts";
import { calibrationChart } from "../../../stages/visualize/charts/calibration.ts";
import { confusions } from "../../../stages/visualize/charts/confusion.ts";
import { controlsOf } from "../../../stages/visualize/charts/control_chart.ts";
import { errorByBoxesChart } from "../../../stages/visualize/charts/error_by_boxes.ts";
import { listed } from "../../../pipeline/terminal/numbers.ts";
import {
  between,
  count,
  decades,
  fixed,
  percent,
  probabilityText,
  significant,
} from "../../../stages/visualize/charts/chart_numbers.ts";
import { neuronsByNorm } from "../../../stages/visualize/charts/first_layer.ts";
import { lossByEpochChart } from "../../../stages/visualize/charts/learning_curves.ts";
import { oneLayerChart } from "../../../stages/visualize/charts/one_layer.ts";
import { parityChart } from "../../../stages/visualize/charts/parity_chart.ts";
import { openPixelEncoder } from "../../../stages/visualize/charts/pixels.ts";
import {
  calibrationOf,
  drawSamples,
  mostConfidentlyWrong,
  type Prediction,
  predictionsOf,
  sentenceOf,
} from "../../../stages/visualize/charts/predictions.ts";
import { testAccuracyChart, testLossChart } from "../../../stages/visualize/charts/by_hand.ts";
import { openRenderer } from "../../../stages/visualize/charts/render.ts";
import { shortTrainingsChart } from "../../../stages/visualize/charts/initialisations.ts";
import { openTextWidth } from "../../../stages/visualize/charts/text_width.ts";
import { bothSigns, box, exactBox } from "../../../stages/expressivity/boxes.ts";
import { dag } from "../../../stages/mod.ts";
import { reportedResults } from "../../../stages/compare/reported.ts";
import { tellQuestion3 } from "../../../stages/visualize/sections/section_3.ts";
import { agreement } from "../../../stages/visualize/sections/section_4.ts";
import { question1 } from "../../fixtures/charts/chart_inputs_1.ts";
import { estimate, question2 } from "../../fixtures/charts/chart_inputs_2.ts";
import {
  question3,
  question3Initialisations,
  question3Reported,
} from "../../fixtures/charts/chart_inputs_3.ts";
import { question4 } from "../../fixtures/charts/chart_inputs_4.ts";
import { effects } from "../../fixtures/charts/charts_stages.ts";

const titleOf = (spec: ChartSpec): string => {
  const { title } = spec as unknown as { title: { text: string | string[] } };
  return [title.text].flat().join(" ");
};
const descriptionOf = (spec: ChartSpec): string => (spec as { description: string }).description;

Deno.test("question 4's titles state the findings, and the description gives the values", () => {
  assertStringIncludes(titleOf(testAccuracyChart(question4)), "92.77 %");
  for (const count of ["1028", "8671", "9078", "9277"]) {
    assertStringIncludes(descriptionOf(testAccuracyChart(question4)), count);
  }
  assertStringIncludes(titleOf(testLossChart(question4)), "from 2.36 to 0.25");
});

Deno.test("a number is never written as 0, 1 or 100 % that it is not", () => {
  assertEquals(fixed(0, 4), "0.0000");
  assertEquals(fixed(-1.234567, 3), "−1.235");
  assertEquals(fixed(3e-6, 4), "3 · 10⁻⁶");
  assertEquals(percent(1 - 2.9e-6), "99.9997 %");
  assertEquals(percent(1), "100.00 %");
  assertEquals(percent(2e-6), "0.0002 %");
  assertEquals(probabilityText(0.99996, 2), "0.99996");
  assertEquals(probabilityText(1, 2), "1.00");
  assertEquals(probabilityText(0.847, 2), "0.85");
  assertEquals([between("1.00", "1.00"), between("0.98", "1.02")], ["1.00", "0.98 to 1.02"]);
  fc.assert(fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (share) => {
    const shown = Number(
      probabilityText(share, 2).replace(" · 10", "e").replace(/[⁻⁰¹²³⁴-⁹]+/, ""),
    );
    assert(share === 0 || shown !== 0, `${share}`);
    assert(share > 1 - 1e-11 || probabilityText(share, 2) !== "1.00", `${share}`);
  }));
});

/** Question 3's section after a training that learned next to nothing, from so many wrong images. */
function ofPoorTraining(wrong: number): string {
  const flat = Array.from({ length: 10 }, (_, c) => c === 1 ? 0.113 : 0.887 / 9);
  const all = Array.from({ length: wrong }, (_, index) => ({
    index,
    label: 0,
    predicted: 1,
    probabilities: flat,
  }));
  const section = tellQuestion3({
    history: question3.history,
    evaluation: question3.evaluation,
    logistic: question3["logistic-evaluation"],
    whole: predictions,
    first: predictions,
    wrong: all,
    calibration: calibrationOf(predictions),
    documentBelow: 157,
  });
  return section.blocks.map((block) => block.kind === "text" ? block.markdown : "").join("\n");
}

Deno.test("only a confident error is called confident, and one error is one", () => {
  assertStringIncludes(
    ofPoorTraining(2),
    "The 2 most confident errors below have a probability of 0.113.",
  );
  assertStringIncludes(
    ofPoorTraining(1),
    "The most confident error below has a probability of 0.113.",
  );
  assertStringIncludes(ofPoorTraining(0), "No image of the test set is misclassified.");
});

Deno.test("the box's title says what the network gives at δ, whatever that is", () => {
  const setting = [0.8, 0.5] as const;
  const networks = { box: box(...setting), exactBox: exactBox(...setting) };
  const both = { bothSigns: bothSigns(...setting) };
  assertStringIncludes(
    titleOf(boxChart({ ...networks, ...both })),
    "still gives 0.8 at its right end",
  );
  // Its second step a little earlier, and a neuron without weight that switches at δ.
  const [first, second] = networks.box.hidden[0];
  const early = {
    ...networks.box,
    hidden: [[first, second, { ...second, bias: second.bias + 2 ** -30 }]],
    output: { ...networks.box.output, from: [0, 1, 2], weights: [0.8, 0, -0.8] },
  };
  assertStringIncludes(
    titleOf(boxChart({ ...both, ...networks, box: early })),
    "is 0 at both its ends",
  );
});

Deno.test("the title reports an error beyond its bound", () => {
  const { errors } = question1;
  assertStringIncludes(titleOf(errorByBoxesChart(errors)), "never exceeds L·B/N");
  const [first, ...others] = errors.functions;
  const broken = { ...first, rows: first.rows.map((row) => ({ ...row, sup: 2 * row.bound })) };
  assertStringIncludes(
    titleOf(errorByBoxesChart({ ...errors, functions: [broken, ...others] })),
    `it exceeds L·B/N for ${first.formula}`,
  );
});

Deno.test("the title counts intervals outside their margins", () => {
  const { forward } = question2;
  assertStringIncludes(titleOf(oneLayerChart(forward)), "All 6 intervals lie");
  const rows = forward.rows.map((row, i) => i === 0 ? { ...row, conditional: estimate(1.5) } : row);
  assertStringIncludes(titleOf(oneLayerChart({ ...forward, rows })), "5 of 6 intervals lie");
});

Deno.test("a control that fails is named", () => {
  const { forward } = question2;
  assertEquals(controlsOf(forward).misbehaved, []);
  const with_ = (purpose: string, value: number) => ({
    ...forward,
    rows: forward.rows.map((row) =>
      row.cell.purpose === purpose ? { ...row, unconditional: estimate(value) } : row
    ),
  });
  assertEquals(controlsOf(with_("mean-inputs", 1)).misbehaved.length, 1);
  assertEquals(controlsOf(with_("correlated-inputs", 2)).misbehaved.length, 1);
  // Neither inside nor outside: a negative control must lie wholly outside.
  assertEquals(controlsOf(with_("mean-weights", 1.12)).misbehaved.length, 1);
});

Deno.test("a curve outside the prediction band, a loss below, a run far from PyTorch's change the titles", () => {
  const { curves, parity } = question3Reported;
  const [curve] = curves.curves;
  assertStringIncludes(
    titleOf(reportedCurveChart(curve, curves)),
    "the assignment’s and this run’s",
  );
  const outside = { measured: [1], reported: [] };
  assertStringIncludes(
    titleOf(reportedCurveChart({ ...curve, outside }, curves)),
    "At every epoch the assignment’s train loss lies",
  );
  assertStringIncludes(
    titleOf(reportedCurveChart({ ...curve, outside: { measured: [1], reported: [2] } }, curves)),
    "Neither",
  );
  assertStringIncludes(
    titleOf(lossByEpochChart(question3, question3["logistic-evaluation"])),
    "ends above the train loss",
  );
  const history = {
    ...question3.history,
    epochs: question3.history.epochs.map((row) => ({ ...row, trainLoss: 3 })),
  };
  assertStringIncludes(
    titleOf(lossByEpochChart({ ...question3, history }, question3["logistic-evaluation"])),
    "ends below the train loss",
  );
  assert(!titleOf(parityChart(parity)).includes("beyond"));
  const far = { ...parity, largest: { ...parity.largest, testCorrect: 41 } };
  assertStringIncludes(titleOf(parityChart(far)), "beyond the limits");
});

Deno.test("a training that diverged has no point, and is named", () => {
  const chart = shortTrainingsChart(question3Initialisations.initialisations);
  assertStringIncludes(JSON.stringify(chart), "He, tenfold diverges");
  assertStringIncludes(titleOf(chart), "1.75 from the default, 0.75 from He");
});

Deno.test("the assignment's counts and losses are compared with each network's", () => {
  const report = reportedResults["as-described"];
  assertEquals(agreement(question4.described, report), { of: 8, agree: 8 });
  assertEquals(agreement(question4.listed, report), { of: 8, agree: 0 });
});

const predictions = predictionsOf(question3["test-labels"].data, question3.probabilities);

Deno.test("a prediction is the most probable class; another number of labels is refused", () => {
  assertEquals(predictions.slice(0, 3).map(({ label, predicted }) => [label, predicted]), [
    [0, 1],
    [1, 1],
    [2, 2],
  ]);
  let message = "";
  try {
    predictionsOf(new Uint8Array(3), question3.probabilities);
  } catch (error) {
    message = (error as Error).message;
  }
  assertStringIncludes(message, "expected probabilities of 3 images, found 20");
});

Deno.test("samples are different images of all below the limit, the same for the same seed", () => {
  const many: Prediction[] = Array.from({ length: 1000 }, (_, index) => ({
    index,
    label: 0,
    predicted: 0,
    probabilities: [1],
  }));
  const seen = new Set<number>();
  for (let seed = 0; seed < 40; seed++) {
    const drawn = drawSamples(many, { seed, below: 157, count: 3 }).map(({ index }) => index);
    assertEquals(new Set(drawn).size, 3);
    assert(drawn.every((index) => index < 157));
    assertEquals(
      drawSamples(many, { seed, below: 157, count: 3 }).map(({ index }) => index),
      drawn,
    );
    for (const { index } of drawSamples(many, { seed, below: 1000, count: 3 })) seen.add(index);
  }
  assert([...seen].some((index) => index >= 157), "the whole set can be drawn from");
});

Deno.test("the most confidently wrong are wrong, and no other wrong one is more confident", () => {
  const wrong = mostConfidentlyWrong(predictions, 4);
  const confidence = ({ probabilities, predicted }: Prediction) => probabilities[predicted];
  assertEquals(wrong.map(({ index }) => index), [18, 15, 12, 9]);
  assert(wrong.every(({ label, predicted }) => label !== predicted));
  const others = predictions.filter((one) => one.label !== one.predicted && !wrong.includes(one));
  assert(others.every((one) => confidence(one) <= confidence(wrong[3])));
});

Deno.test("a wrong image is called a misclassification, whatever the second probability", () => {
  const classes = ["Coat", "Pullover", "Shirt"];
  const of = (label: number, probabilities: number[]) =>
    sentenceOf({ index: 7, label, predicted: 1, probabilities }, classes);
  assertEquals(
    of(0, [0.4, 0.45, 0.15]),
    "Image 7 is a Coat. The network predicts Pullover with probability 0.45, then Coat with 0.40 and Shirt with 0.15. " +
      "That is a misclassification; the true class comes second with 0.40.",
  );
  assertStringIncludes(of(1, [0.02, 0.97, 0.01]), "That is correct and confident.");
  assertStringIncludes(of(1, [0.3, 0.6, 0.1]), "That is correct, but not confident.");
});

Deno.test("calibration counts every prediction once, and detects an overconfident network", () => {
  fc.assert(fc.property(
    fc.array(
      fc.record({ top: fc.double({ min: 0.5, max: 1, noNaN: true }), right: fc.boolean() }),
      {
        minLength: 1,
      },
    ),
    (made) => {
      const all = made.map(({ top, right }, index) => ({
        index,
        label: right ? 0 : 1,
        predicted: 0,
        probabilities: [top, 1 - top],
      }));
      const { bins, error, confidence, accuracy } = calibrationOf(all);
      assertEquals(bins.reduce((sum, bin) => sum + bin.count, 0), made.length);
      assertAlmostEquals(accuracy, made.filter(({ right }) => right).length / made.length, 1e-12);
      assert(error >= Math.abs(confidence - accuracy) - 1e-12 && error <= 1);
      for (const bin of bins) {
        assert(bin.confidence >= bin.from && bin.confidence <= bin.to + 1e-12);
      }
    },
  ));
  const half = (label: number): Prediction => ({
    index: 0,
    label,
    predicted: 0,
    probabilities: [0.55, 0.45],
  });
  const boasting = calibrationOf([half(1), half(1)]);
  assertAlmostEquals(boasting.error, 0.55, 1e-12);
  assertStringIncludes(titleOf(calibrationChart(boasting, "s")), "The network is overconfident");
});

Deno.test("confusions leave out correct predictions and begin with the most frequent", () => {
  assertEquals(confusions([[5, 2, 0], [3, 9, 0], [0, 2, 1]]), [
    { label: 1, predicted: 0, count: 3 },
    { label: 0, predicted: 1, count: 2 },
    { label: 2, predicted: 1, count: 2 },
  ]);
});

const bytesOf = (uri: string) =>
  Uint8Array.from(atob(uri.replace("data:image/png;base64,", "")), (c) => c.charCodeAt(0));

Deno.test("a picture in a specification holds the pixels, enlarged and nothing else", async () => {
  const encoder = await openPixelEncoder();
  const grey = decode(bytesOf(encoder.grey(Uint8Array.of(0, 51, 255, 153), 2, 2)));
  assertEquals([grey.width, grey.height, grey.channels], [4, 4, 1]);
  assertEquals([...grey.data], [
    255,
    255,
    204,
    204,
    255,
    255,
    204,
    204,
    0,
    0,
    102,
    102,
    0,
    0,
    102,
    102,
  ]);
  const colours = decode(bytesOf(
    encoder.indexed(Uint8Array.of(1, 0), 2, [[1, 2, 3], [4, 5, 6]], 1),
  ));
  assertEquals([...colours.data], [4, 5, 6, 1, 2, 3]);
});

Deno.test("neurons of a first layer are ordered by the length of their weights", () => {
  const data = Float32Array.of(1, 0, 3, 4, 0, 2);
  const neurons = neuronsByNorm({ dtype: "float32", shape: [3, 2], data });
  assertEquals(neurons.map(({ index, norm }) => [index, norm]), [[1, 5], [2, 2], [0, 1]]);
});

Deno.test("numbers are formatted for people", () => {
  assertEquals([count(60_000), count(999), count(-1_234_567)], ["60,000", "999", "−1,234,567"]);
  assertEquals(percent(0.9277), "92.77 %");
  assertEquals(
    [0.000979, 3.84e-9, 46_212_927, -0.5, 12_345, 0].map((value) => significant(value)),
    ["0.000979", "3.84 · 10⁻⁹", "4.62 · 10⁷", "−0.5", "12,300", "0"],
  );
  assertEquals([[], ["a"], ["a", "b"], ["a", "b", "c"]].map((items) => listed(items)), [
    "",
    "a",
    "a and b",
    "a, b and c",
  ]);
  assertEquals(decades([0.02, 300]), [0.01, 0.1, 1, 10, 100, 1000]);
  fc.assert(
    fc.property(fc.integer({ min: -60, max: 60 }), fc.integer({ min: 0, max: 60 }), (a, b) => {
      const ticks = decades([10 ** a, 10 ** (a + b)], 8);
      assert(ticks.length >= 1 && ticks.length <= 24, String(ticks));
    }),
  );
});

Deno.test("a text is as wide as it is drawn", async () => {
  const [regular, semiBold] = await Promise.all(
    ["400Regular/Inter_400Regular", "600SemiBold/Inter_600SemiBold"].map((file) =>
      effects.readPackageFile(`@expo-google-fonts/inter/${file}.ttf`)
    ),
  );
  const widthOf = await openTextWidth({ regular, semiBold });
  await openRenderer(effects);
  const { Resvg } = await import("@resvg/resvg-wasm");
  for (
    const text of [
      "The box still gives 0.8 at x = δ",
      "10,000 neurons, σ² = 2/n_in",
      "illicit illustrations of little skill, illimitably",
    ]
  ) {
    for (const weight of [400, 600]) {
      const svg =
        `<svg xmlns="http://www.w3.org/2000/svg" width="900" height="60"><text x="10" y="40" ` +
        `font-family="Inter" font-weight="${weight}" font-size="20">${text}</text></svg>`;
      const image = new Resvg(svg, {
        font: { fontBuffers: [regular, semiBold], loadSystemFonts: false } as never,
      });
      const drawn = image.getBBox()!.width;
      const measured = widthOf({ fontSize: 20, fontWeight: weight }, text);
      // Drawings end at the letters, measurements at the room about them.
      assert(
        Math.abs(measured - drawn) < 0.02 * drawn + 3,
        `${text}: ${measured}, drawn ${drawn}`,
      );
    }
  }
});

Deno.test("text is drawn in the picture: without the fonts it would be another", async () => {
  const { svg, png } = await (await openRenderer(effects)).render(testLossChart(question4));
  const { Resvg } = await import("@resvg/resvg-wasm");
  const bare = new Resvg(svg, {
    font: { loadSystemFonts: false },
    fitTo: { mode: "zoom", value: 2 },
  }).render().asPng();
  assertNotEquals(png, bare);
  assert(png.length > bare.length * 1.5, `${png.length} bytes with text, ${bare.length} without`);
  assertEquals([...png.subarray(1, 4)], [..."PNG"].map((c) => c.charCodeAt(0)));
});

Deno.test("the fonts and the renderer that a chart is drawn with enter its key", () => {
  const drawing = dag.filter(({ name }) => name.startsWith("visualize/"));
  assert(drawing.length >= 6);
  for (const { stage } of drawing) {
    assertEquals([...stage.packages!], ["@expo-google-fonts/inter", "@resvg/resvg-wasm"]);
  }
});
