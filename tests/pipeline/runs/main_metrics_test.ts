/** Tests which metrics of a run are its main ones, and the committed experiments' declarations. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { join } from "node:path";
import { overviewOf } from "../../../pipeline/commands/finish/run_overview.ts";
import { mainMetrics } from "../../../pipeline/runs/main_metrics.ts";
import { plainText } from "../../../pipeline/terminal/styled.ts";
import { Experiment } from "../../../schemas/run/experiment.ts";
import assignment from "../../../stages/experiments/assignment.ts";
import { readJson } from "../../support/copied_files.ts";
import { root } from "../../support/checkout.ts";

const curve = { "mlp.loss.epoch-0": 9, "mlp.loss.epoch-10": 1, "mlp.loss.epoch-9": 2 };

Deno.test("main metrics are the declared ones, in their order, as far as the run has them", () => {
  const found = mainMetrics(["mlp.loss.epoch-*", "b", "absent", "no.epoch-*", "a"], {
    a: NaN,
    b: 2,
    c: 3,
    ...curve,
  });
  assertEquals(found, [
    { name: "mlp.loss.epoch-10", declared: "mlp.loss.epoch-*", value: 1 },
    { name: "b", declared: "b", value: 2 },
    { name: "a", declared: "a", value: NaN },
  ]);
  assertEquals(mainMetrics([], curve), []);
});

Deno.test("a curve with its number inside the name ends at the highest number", () => {
  const metrics = { "x-2.loss": 2, "x-10.loss": 10, "x-a.loss": 1, "x-.loss": 0, "x-11.other": 5 };
  assertEquals(mainMetrics(["x-*.loss"], metrics), [
    { name: "x-10.loss", declared: "x-*.loss", value: 10 },
  ]);
});

Deno.test("an experiment that declares none has its first metrics as main ones, curves as one", () => {
  const metrics = { ...curve, w1: 1, w2: 2, x: 3, y: 4, z: 5 };
  const names = mainMetrics(undefined, metrics).map(({ name }) => name);
  assertEquals(names, ["mlp.loss.epoch-10", "w1", "w2", "x", "y"]);
});

Deno.test("a main metric that is no name is refused with the name that fits", () => {
  const declare = (name: string) =>
    Experiment.parse({ name: "x", about: "", metrics: ["a.b-*", name] });
  const error = assertThrows(() => declare("test loss"));
  assert(String(error).includes('Name it \\"test-loss\\"'), String(error));
  assertThrows(() => declare("loss.*.epoch-*"), Error, "expected one");
});

Deno.test("main metrics that a whole run has not are named with what was probably meant", () => {
  const notesOf = (missing: string[], status: "complete" | "failed" = "complete") =>
    overviewOf({
      manifest: {
        experiment: Experiment.parse({ name: "x", about: "" }),
        status,
        jobs: [],
        deviation: { missing, changed: [] },
      },
      upToDate: false,
      gathered: {
        metrics: { ...curve, pi: 3 },
        ledger: { claims: [], controls: [] },
        collisions: [],
      },
      metrics: ["mlp.loss.epoch-*", "pie", "other", "pi"],
      code: 0,
      place: { label: "Run", path: "r" },
    }).notes.filter(({ label }) => label === "Metrics");
  const [{ names, text }] = notesOf([]);
  assertEquals(names, ["pie (pi?)", "other"]);
  assertEquals(plainText(text), "2 main metrics that no job gives: ");
  // A run of some jobs lacks those of the others.
  assertEquals(notesOf(["judge/one"]), []);
  assertEquals(notesOf([], "failed"), []);
});

Deno.test("the reference run has every main metric of the assignment", async () => {
  const metrics = await readJson(join(root, "artifacts/reference"), "metrics.json");
  const found = mainMetrics(assignment.metrics, metrics);
  assertEquals(found.map(({ name }) => name), [
    "expressivity.order.gaussian",
    "fashion-mlp.test-accuracy",
    "fashion-mlp.test-loss.epoch-24",
    "fashion-logistic.test-accuracy",
    "mnist-scratch.test-correct.epoch-3",
  ]);
});
