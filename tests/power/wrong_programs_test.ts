/** Power of question 3's items: which wrong programs fail, and how often right ones do. */
import { assert, assertEquals } from "@std/assert";
import {
  expectedOfAssignment,
  gradedTrainings,
  heldOut,
  metricsOf,
} from "../../docs/pages/wrong_programs.ts";
import { rateOf } from "../../pipeline/claims/rate.ts";
import { gradeValues } from "../../pipeline/grade/submission.ts";
import { replicates } from "../../stages/compare/pytorch_runs.ts";

const file = expectedOfAssignment();
const { wrong, right, judged } = gradedTrainings(file);

/** Program → an item that must see its mistake, whether or not the submission states a seed. */
const seenBy: Record<string, string> = {
  "no-shuffling": "labels-repeated",
  "same-order": "labels-repeated",
  "last-batch-dropped": "last-batch-size",
  "no-biases": "biases",
  "narrow": "outputs",
  "wide": "outputs",
};

Deno.test("a wrong program fails the item that is about its mistake, with and without its seed", () => {
  for (const [program, item] of Object.entries(seenBy)) {
    const graded = wrong.find(({ training }) => training.program === program);
    assert(graded !== undefined, `expected a training of ${program}`);
    for (const failing of Object.values(graded.failing)) {
      assert(failing.includes(`fashion-mlp.${item}`), `${program} fails ${failing}`);
    }
  }
});

Deno.test("every wrong program fails if it states its seed", () => {
  for (const { training, failing } of wrong) {
    assert(failing.statedSeed.length > 0, training.program);
  }
});

Deno.test("every kind of item about question 3's training is met by a metrics file", () => {
  const items = [
    ...["outputs", "biases", "batches", "last-batch-size", "labels-repeated"],
    ...["first-batch-labels", "first-losses", "train-loss", "test-loss", "test-correct"],
    ...["gap", "zero-activations"],
  ];
  for (const item of items) assert(judged.includes(`fashion-mlp.${item}`), item);
});

Deno.test("held-out right programs pass every item at the stated rate", async () => {
  const levels = file.expected.items.flatMap(({ source }) =>
    source.from === "replicates" ? [source.level] : []
  );
  const failed = right.filter(({ failing }) => failing.unknownSeed.length > 0);
  const { interval } = await rateOf(failed.length, right.length);
  assert(
    interval.low <= 1 - Math.min(...levels),
    `${failed.length} of ${right.length} fail: ${
      JSON.stringify(failed.map(({ training, failing }) => [training.seed, failing.unknownSeed]))
    }`,
  );
});

Deno.test("a stated seed is compared with PyTorch's run of it, another one with the wider range", () => {
  const items = ["fashion-mlp.first-batch-labels", "fashion-mlp.first-losses"];
  const statusOf = (metrics: Map<string, number>) =>
    gradeValues("a submission", { values: metrics }, file).items
      .filter(({ id }) => items.includes(id)).map(({ status }) => status);
  const [training] = heldOut();
  const seed = (stated: number) =>
    new Map(metricsOf(training, { seed: true }))
      .set("fashion-mlp.seed", stated);
  assertEquals(statusOf(seed(training.seed)), ["passed", "passed"]);
  assertEquals(statusOf(seed(replicates[0].seed)), ["failed", "failed"], "the seed is not its own");
  for (const run of replicates) {
    const own = metricsOf({
      ...training,
      seed: run.seed,
      first_batch_labels: [run.first_batch_labels.join("")],
      first_losses: run.first20_batch_losses,
    }, { seed: true });
    assertEquals(statusOf(own), ["passed", "passed"], `seed ${run.seed}`);
  }
});
