/**
 * Tests the claims of question 2 from draws to verdicts, with the widest margins that still tell the
 * assignment's rules apart. The verdicts are those of an independent check, whatever the seed. Broken
 * derivations and draws by another rule change them.
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Effects } from "../../../pipeline/engine/effects.ts";
import { measureQuestion2 } from "../../rates/rerun.ts";
import { trueVerdicts } from "../../rates/true_verdicts.ts";
import { judge, judgeControl } from "../../../pipeline/claims/claim.ts";
import { controls, type Question2, question2 } from "../../../stages/claims/claims_2/mod.ts";
import { activationTheory } from "../../../stages/init_check/theory/algebra.ts";
import * as analytic from "../../../stages/init_check/theory/analytic.ts";
import { designOf } from "../../../stages/init_check/theory/design.ts";
import { mostConditions } from "../../../stages/init_check/theory/error_rates.ts";
import { distributions } from "../../../pipeline/claims/distributions.ts";
import { holm } from "../../../stages/init_check/theory/holm.ts";
import { measureLayers } from "../../../stages/init_check/theory/measure.ts";
import { expressivity } from "../../../stages/expressivity/expressivity.ts";
import { initCheckDesign } from "../../../stages/init_check/init_check_design.ts";
import { judgeClaims } from "../../../stages/claims/judge_claims.ts";

const r = await distributions();
/** Settings of the quick experiment, and the same without the grid's largest fans. */
const quick = { epsilon: 0.18, depth: 10 };
const cheap = { ...quick, largestFan: 512 };

const verdicts = (measured: Question2) =>
  Object.fromEntries(question2.map((claim) => [claim.id, judge(claim, measured).verdict]));

/** Verdicts of question 2 by an independent check of the assignment. */
const found = Object.fromEntries(question2.map(({ id }) => [id, trueVerdicts[id]]));

const misbehaved = (measured: Question2) =>
  controls.map((control) => judgeControl(control, measured))
    .filter(({ behaved }) => !behaved).map(({ id }) => id);

const right = await measureQuestion2({ seed: 7, ...quick });

Deno.test("every claim gets the verdict of an independent check, and every control behaves", async () => {
  for (const measured of [right, await measureQuestion2({ seed: 80085, ...cheap })]) {
    assertEquals(verdicts(measured), found);
    assertEquals(misbehaved(measured), []);
  }
});

Deno.test("the same seed gives the same measurements, another seed others", async () => {
  const backward = (seed: number) => measureLayers(designOf(r, { seed, ...cheap }), "backward");
  const first = await backward(7);
  assertEquals(await backward(7), first);
  const other = await backward(8);
  assert(other.rows[0].conditional?.estimate !== first.rows[0].conditional?.estimate);
});

Deno.test("there are no more chance-dependent conditions than the error rates assume", () => {
  const parts = [
    ...question2.flatMap((claim) => judge(claim, right).parts),
    ...controls.map((control) => judgeControl(control, right).part),
  ];
  const random = parts.filter(({ confidence }) => confidence < 1)
    .flatMap(({ conditions }) => conditions);
  assert(random.length <= mostConditions, String(random.length));
});

/** Every derivation with another constant. */
const wrong = Object.fromEntries(
  Object.entries(analytic as Record<string, (...args: never[]) => number>)
    .map(([name, derived]) => [name, (...args: never[]) => 1.7 * derived(...args)]),
) as unknown as analytic.Theory;

const measuredWrongly = await measureQuestion2({ seed: 7, ...cheap }, { theory: wrong });

Deno.test("with wrong derivations no claim that was confirmed stays so, and controls misbehave", () => {
  // These compare what was drawn, or integrated, with a normal variable and not with a derivation.
  const underived = ["Q2c.normal", "Q2c.density", "Q2d.independent"];
  const turned = verdicts(measuredWrongly);
  for (const [id, verdict] of Object.entries(found)) {
    const stays = turned[id] === "confirmed";
    if (verdict === "confirmed") assertEquals(stays, underived.includes(id), id);
  }
  assert(misbehaved(measuredWrongly).includes("Q2-control.correlated-inputs"));
});

Deno.test("one wrong constant turns the claims that rest on it and leaves the others", () => {
  const measured = {
    ...right,
    activations: activationTheory(r, { ...analytic, reluVariance: (s) => 0.33 * s ** 2 }),
  };
  const turned = verdicts(measured);
  const others = Object.keys(found).filter((id) => turned[id] !== found[id]);
  assertEquals(others, ["Q2c.var"]);
});

Deno.test("weights drawn with another variance than the rule's are noticed", async () => {
  const measured = await measureQuestion2({ seed: 7, ...cheap }, {
    kernel: (kernel) => ({
      ...kernel,
      products(x, a) {
        kernel.products(x, a);
        for (let j = 0; j < a.length; j++) a[j] *= 1.3;
      },
    }),
  });
  const turned = verdicts(measured);
  for (const id of ["Q2a.forward", "Q2b.rule"]) assert(turned[id] !== "confirmed", id);
});

Deno.test("Holm's adjustment is that of a worked example", () => {
  // 4 × 0.005, then 3 × 0.01, then 2 × 0.03, then no less than that: sorted, with running maximum.
  assertEquals(holm([0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02]);
});

Deno.test("the claims table has every claim of questions 1 and 2, and a misbehaving control fails it", async () => {
  const effects = {} as Effects;
  const { exactness, errors, dimensions, distances, contrasts } = await expressivity.run({
    parameters: expressivity.parameters.parse({
      largestN: 1024,
      dimensions: 3,
      errors: [0.45, 0.3, 0.22],
      nearest: { dimensions: 3, points: [32, 128], sets: 24 },
    }),
    inputs: {},
    effects: {
      readPackageFile: (specifier) => Deno.readFile(new URL(import.meta.resolve(specifier))),
    } as Effects,
  });
  const inputs = { exactness, errors, dimensions, distances, contrasts, ...right };
  const { claims } = await judgeClaims.run({ parameters: {}, inputs, effects });
  assertEquals(claims.claims.length, 7 + Object.keys(found).length);
  assert(claims.claims.every(({ verdict }) => verdict !== "undecided"));
  await assertRejects(
    async () =>
      await judgeClaims.run({ parameters: {}, inputs: { ...inputs, ...measuredWrongly }, effects }),
    Error,
    "Q2-control.correlated-inputs",
  );
});

Deno.test("a design is the same for the same seed, and no two of its streams are one", async () => {
  const run = () =>
    initCheckDesign.run({
      parameters: { seed: 3, ...cheap },
      inputs: {},
      effects: {} as Effects,
    });
  const { design } = await run();
  assertEquals((await run()).design, design);
  const streams = [...design.layers, ...design.relu, ...design.networks].map(({ stream }) =>
    stream
  );
  assertEquals(new Set(streams).size, streams.length);
});
