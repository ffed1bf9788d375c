/** The sigmoid as a choice between two branches, beside one that needs no choice. */
import { assert, assertEquals } from "@std/assert";
import type { Effects } from "../../../pipeline/engine/effects.ts";
import { chosen, compareSigmoidForms, reference } from "../../../stages/train/sigmoid_forms.ts";

Deno.test("the branch taken is the sigmoid, also where the other is no number", () => {
  assertEquals(chosen(0).taken, 0.5);
  assertEquals(chosen(800).taken, 1);
  assertEquals(chosen(-800).taken, 0);
  assert(chosen(800).branches.some(Number.isNaN));
  assert(Math.abs(chosen(-20).taken / Math.exp(-20) - 1) < 1e-8);
  assert(Math.abs(reference(-20) / chosen(-20).taken - 1) < 1e-14);
});

Deno.test("exponentials overflow beyond ln(1.8e308) and nowhere with the clip", async () => {
  const measure = async (largest: number, clip: number) =>
    (await compareSigmoidForms.run({
      parameters: { largest, clip },
      inputs: {},
      effects: {} as Effects,
    })).forms;
  const wide = await measure(1000, 500);
  // Steps of 1/4: 709.75 is finite, 710 is not; on both sides.
  assertEquals([wide.overflowsFrom, wide.overflows], [710, 2 * (4 * (1000 - 710) + 1)]);
  assertEquals([wide.overflowsClipped, wide.notFinite], [0, 0]);
  assert(wide.relativeError < 1e-12 && wide.differenceByClip < 1e-200);
  const narrow = await measure(700, 500);
  assertEquals([narrow.overflowsFrom, narrow.overflows], [null, 0]);
});
