/** Tests that the report's panels give the values of the run's own stages where the settings agree. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { ArtifactType } from "../../../pipeline/formats/artifact_type.ts";
import type { Found, Panel, PanelScript, Settings } from "../../../pipeline/report/panels/panel.ts";
import { approximationErrors } from "../../../stages/expressivity/expressivity_artifacts.ts";
import { depthTheory, theoryDesign } from "../../../stages/init_check/theory_artifacts.ts";
import {
  assembledKernel,
  createNormalKernel,
  normalKernelOf,
} from "../../../stages/random/standard_normal_kernel.ts";
import { streamOf } from "../../../stages/random/streams.ts";
import { boxesPanel } from "../../../stages/visualize/panels/boxes_panel.ts";
import { panel as boxesScript } from "../../../stages/visualize/panels/boxes_script.ts";
import { initialisationPanel } from "../../../stages/visualize/panels/initialisation_panel.ts";
import { panel as initialisationScript } from "../../../stages/visualize/panels/initialisation_script.ts";
import {
  drawNetworks,
  networksCapacity,
  networksVectors,
} from "../../../stages/visualize/panels/simulated_networks.ts";
import { smallDepth, smallDesign, smallErrors } from "../../fixtures/panels/small_theory.ts";

const depth = await smallDepth();
const errors = smallErrors();

/** Prepares a panel for a run with these outputs. */
const prepared = (panel: Panel, outputs: readonly [{ kind: string }, unknown][]) =>
  panel.prepare({
    find: <Value>({ kind }: ArtifactType<string, Value>) =>
      outputs.find(([type]) => type.kind === kind)?.[1] as Value | undefined,
  });

/** Opens a panel's script as the page does, and gives the outcome of settings. */
async function opened<Data>(
  panel: Panel,
  script: PanelScript<Data>,
  outputs: [{ kind: string }, unknown][],
) {
  const content = (await prepared(panel, outputs))!;
  const modules = Object.fromEntries(
    await Promise.all(
      Object.entries(content.modules ?? {}).map(async ([name, bytes]) =>
        [name, await WebAssembly.compile(bytes)] as const
      ),
    ),
  );
  // The page has the data as JSON.
  const compute = await script.open(JSON.parse(JSON.stringify(content.data)), modules);
  const initial: Settings = Object.fromEntries(
    content.controls.map(({ name, initial }) => [name, initial]),
  );
  return (settings: Settings = {}) => {
    const steps = compute({ ...initial, ...settings });
    let step: IteratorResult<Found, Found>;
    do step = steps.next(); while (!step.done);
    return step.value();
  };
}

Deno.test("networks drawn for the page have the bits of the job's, layer by layer", async () => {
  const module = await WebAssembly.compile(await assembledKernel());
  const kernel = await normalKernelOf(module, networksCapacity(64));
  const vectors = networksVectors(kernel, 64);
  for (const { cell, secondMoment } of depth.curves) {
    const stream = streamOf(smallDesign.seed, "theory of initialisation", cell.stream);
    const steps = drawNetworks(cell, stream, kernel, vectors, 1);
    let step = steps.next();
    while (!step.done) step = steps.next();
    const { networks, sums, logSums } = step.value;
    assertEquals(networks, cell.networks);
    assertEquals([...sums].map((sum) => sum / networks), secondMoment.map((at) => at.measured));
    assertEquals([...logSums].map((sum) => sum / networks), secondMoment.map((at) => at.logMean));
  }
});

Deno.test("the page's kernel is the run's: the same bytes, assembled by one function", async () => {
  const { modules } = (await prepared(initialisationPanel, [[theoryDesign, smallDesign]]))!;
  assertEquals(modules!.kernel, await assembledKernel());
  const [own, ofPage] = [
    await createNormalKernel(100),
    await normalKernelOf(await WebAssembly.compile(modules!.kernel), 100),
  ].map((kernel) => {
    const out = kernel.vector(100);
    kernel.seed(streamOf(0, "a test"));
    kernel.fill(out);
    return [...out];
  });
  assertEquals(ofPage, own);
});

Deno.test("the panel of question 2 says that the run measured the same, and only then", async () => {
  const outputs: [{ kind: string }, unknown][] = [[theoryDesign, smallDesign], [
    depthTheory,
    depth,
  ]];
  const outcome = await opened(initialisationPanel, initialisationScript, outputs);
  const same = "The run drew the same networks and measured the same value.";
  for (const { cell: { activation } } of depth.curves) {
    assertStringIncludes(outcome({ activation }).sentence, same);
  }
  const narrower = outcome({ width: "8" });
  assert(!narrower.sentence.includes("The run"), narrower.sentence);
  // As a page of another version of the kernel would find.
  const edited = structuredClone(depth);
  edited.curves.find(({ cell }) => cell.activation === "relu")!.secondMoment.at(-1)!.measured *= 1 +
    1e-9;
  const differs = await opened(initialisationPanel, initialisationScript, [outputs[0], [
    depthTheory,
    edited,
  ]]);
  assertStringIncludes(differs().sentence, "The run measured");
  // Without the measured file there is nothing to compare with.
  const alone = await opened(initialisationPanel, initialisationScript, [outputs[0]]);
  assert(!alone().sentence.includes("The run"));
  assertEquals(await prepared(initialisationPanel, []), undefined);
});

Deno.test("a histogram in the page has the density of its networks, near the normal where they are wide", async () => {
  const outcome = await opened(initialisationPanel, initialisationScript, [[
    theoryDesign,
    smallDesign,
  ]]);
  const { rows, values } = outcome({ width: "256", depth: 1, activation: "linear", gain: 1 });
  const of = (what: string) => rows.distribution.filter((row) => row.what === what);
  const measured = of("measured").map(({ density }) => Number(density));
  assertEquals(measured.length, 40);
  const total = measured.reduce((sum, density) => sum + density * 0.2, 0);
  assert(Math.abs(total - 1) < 0.001, String(total));
  // 305 networks of 256 units: a bin's density is within 0.02 of the normal's.
  const predicted = of("predicted").map(({ density }) => Number(density));
  measured.forEach((density, bin) => assert(Math.abs(density - predicted[2 * bin + 1]) < 0.02));
  assertEquals(values[0].predicted, "1");
  // A network that is dead has no place on a logarithmic axis, and the sentence says so.
  const dead = outcome({ width: "8", depth: 50, activation: "relu", gain: 2 });
  assertStringIncludes(dead.sentence, "dead");
  for (const { value } of dead.rows.moments) assert(Number(value) > 0);
});

Deno.test("the panel of question 1 measures what the run measured, box by box", async () => {
  const outcome = await opened(boxesPanel, boxesScript, [[approximationErrors, errors]]);
  for (const { function: name, rows } of errors.functions) {
    for (const { boxes } of rows) {
      const { sentence } = outcome({ function: name, boxes });
      assertStringIncludes(sentence, "The run measured the same value.");
    }
    const between = outcome({ function: name, boxes: 7 });
    assert(!between.sentence.includes("The run"), between.sentence);
    const distances = between.rows.deviation.filter(({ what }) => what === "distance");
    const largest = Math.max(...distances.map(({ y }) => Number(y)));
    const [sup] = between.rows.deviation.filter(({ what }) => what === "largest error");
    assert(largest <= Number(sup.y) * (1 + 1e-4) && largest > Number(sup.y) * 0.9);
  }
  assertEquals(await prepared(boxesPanel, []), undefined);
});
