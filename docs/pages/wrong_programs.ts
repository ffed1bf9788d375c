/**
 * Grades what PyTorch measured of question 3's program: with one mistake each, and without any from
 * seeds that no expected value rests on. `tests/power/train_programs.py` trained them.
 */
import { z } from "zod";
import { type ExpectedFile, readExpected } from "../../pipeline/grade/expected_file.ts";
import { rateOf } from "../../pipeline/claims/rate.ts";
import { gradeValues } from "../../pipeline/grade/submission.ts";
import { markdownTable } from "../../pipeline/terminal/markdown_table.ts";
import { percent } from "../../pipeline/terminal/numbers.ts";
import type { Grade } from "../../schemas/run/graded.ts";
import { readReference, reference } from "./reference_file.ts";

const Count = z.int().nonnegative();

/** A training, as `tests/power/train_programs.py` records it. */
const Training = z.object({
  program: z.string(),
  /** Description in words. */
  what: z.string(),
  seed: Count,
  /** Name → shape. */
  tensors: z.record(z.string(), z.array(Count)),
  /** Batches in an epoch, size of the first one and of the last. */
  batch_sizes: z.tuple([Count, Count, Count]),
  /** First batch of each epoch, a digit for each label. */
  first_batch_labels: z.array(z.string().regex(/^\d+$/)),
  first_losses: z.array(z.number()),
  /** Share of zeros among the outputs of each hidden layer, over the test set after training. */
  zero_activations: z.array(z.number()),
  epochs: z.array(z.object({
    epoch: Count,
    train_loss: z.number(),
    test_loss: z.number(),
    test_correct: Count,
  })),
  train_loss_after: z.number(),
});
type Training = z.infer<typeof Training>;

const trainings = (file: string): Training[] =>
  readReference(file, z.object({ runs: z.array(Training).min(1) })).runs;

const wrongPrograms = (): Training[] => trainings("pytorch-wrong-programs.json");
export const heldOut = (): Training[] => trainings("pytorch-held-out.json");

const layers = ["ly1", "ly2", "ly3", "oply"];

/** The metrics that a submission of this training has, with the seed if it states that. */
export function metricsOf(training: Training, { seed }: { seed: boolean }): Map<string, number> {
  const { tensors, batch_sizes, first_batch_labels: labels, epochs } = training;
  const equal = (one: string, other: string) =>
    [...one].filter((label, i) => label === other[i]).length;
  const metrics: [string, number][] = [
    ...(seed ? [["seed", training.seed] as [string, number]] : []),
    ...layers.flatMap((layer, i): [string, number][] => {
      const [outputs, inputs] = tensors[`${layer}.weight`];
      const [biases] = tensors[`${layer}.bias`] ?? [0];
      return Object.entries({ inputs, outputs, biases })
        .map(([what, size]) => [`layer-${i + 1}.${what}`, size]);
    }),
    ["batches", batch_sizes[0]],
    ["last-batch-size", batch_sizes[2]],
    ...[..."0123456789"].map((label): [string, number] => [
      `first-batch-labels.class-${label}`,
      labels[0].split(label).length - 1,
    ]),
    ...labels.slice(1).map((later, i): [string, number] => [
      `labels-repeated.epoch-${i + 1}`,
      equal(later, labels[0]),
    ]),
    ...training.first_losses.map((loss, batch): [string, number] => [
      `first-losses.batch-${batch}`,
      loss,
    ]),
    ...epochs.flatMap(({ epoch, train_loss, test_loss, test_correct }): [string, number][] => [
      [`train-loss.epoch-${epoch}`, train_loss],
      [`test-loss.epoch-${epoch}`, test_loss],
      [`test-correct.epoch-${epoch}`, test_correct],
    ]),
    ["test-accuracy", epochs[epochs.length - 1].test_correct / 10_000],
    ["train-loss-after-last-epoch", training.train_loss_after],
    ...training.zero_activations.map((share, i): [string, number] => [
      `zero-activations.layer-${i + 1}`,
      share,
    ]),
  ];
  return new Map(metrics.map(([name, value]) => [`fashion-mlp.${name}`, value]));
}

export const expectedOfAssignment = (): ExpectedFile => readExpected(`${reference}expected.json`);

const gradeOf = (training: Training, how: { seed: boolean }, file: ExpectedFile): Grade =>
  gradeValues(training.program, { values: metricsOf(training, how) }, file);

const itemsOf = ({ items }: Grade, passed: boolean): string[] =>
  items.filter(({ status }) => (status === "passed") === passed).map(({ id }) => id);

/** Ids of the items that such a submission can meet: a right training has their metrics. */
function judgeable(right: readonly Training[], file: ExpectedFile): Set<string> {
  return new Set(
    right.flatMap((one) => gradeOf(one, { seed: true }, file).items)
      .filter(({ status }) => status !== "missing").map(({ id }) => id),
  );
}

interface GradedTraining {
  training: Training;
  /** Items that fail if the submission states no seed, and those that fail if it states PyTorch's. */
  failing: { unknownSeed: string[]; statedSeed: string[] };
}

/** Every training with the items that it fails, of those that metrics of this kind can meet. */
export function gradedTrainings(file: ExpectedFile): {
  wrong: GradedTraining[];
  right: GradedTraining[];
  judged: string[];
} {
  const right = heldOut();
  const judged = judgeable(right, file);
  const failing = (training: Training, seed: boolean) =>
    itemsOf(gradeOf(training, { seed }, file), false).filter((id) => judged.has(id));
  const graded = (training: Training): GradedTraining => ({
    training,
    failing: { unknownSeed: failing(training, false), statedSeed: failing(training, true) },
  });
  return { wrong: wrongPrograms().map(graded), right: right.map(graded), judged: [...judged] };
}

const codes = (ids: readonly string[]): string =>
  ids.length === 0 ? "none" : ids.map((id) => `\`${id.replace("fashion-mlp.", "")}\``).join(", ");

/** The table of wrong programs, and how many right ones fail. */
export async function wrongProgramsText(): Promise<string> {
  const { wrong, right, judged } = gradedTrainings(expectedOfAssignment());
  const rows = wrong.map(({ training, failing: { unknownSeed, statedSeed } }) => [
    training.what,
    codes(unknownSeed),
    codes(statedSeed.filter((id) => !unknownSeed.includes(id))),
  ]);
  const unnoticed = wrong.filter(({ failing }) => failing.unknownSeed.length === 0);
  const failed = right.filter(({ failing }) => failing.unknownSeed.length > 0);
  const { interval: { low, high } } = await rateOf(failed.length, right.length);
  const failures = new Map<string, number>();
  for (const id of right.flatMap(({ failing }) => failing.unknownSeed)) {
    failures.set(id, (failures.get(id) ?? 0) + 1);
  }
  const { seed } = wrong[0].training;
  const share = `${failed.length} of ${right.length}`;
  const rate = `${percent(failed.length / right.length)}, exact 95 % interval ${percent(low)} to ` +
    percent(high);
  const byItem = [...failures].map(([id, n]) => `${codes([id])} ${n}`).join(", ");
  return [
    `PyTorch trained ${wrong.length} wrong programs once each, with seed ${seed} ` +
    "(`tests/power/train_programs.py`). Each was graded as a metrics file by the " +
    `${judged.length} items of \`fashion-mlp\` that such a file can meet. The last column has the ` +
    "items that fail in addition if it states the seed of `torch.manual_seed` as " +
    "`fashion-mlp.seed`.",
    markdownTable([["program", "fails", "with its seed stated, also"], ...rows]).join("\n"),
    unnoticed.length === 0
      ? "Every one of them fails an item also without its seed."
      : `Without a seed these pass every item: ${
        unnoticed.map(({ training }) => training.what).join("; ")
      }.`,
    `Right programs from seeds that no expected value rests on: ${share} fail an item (${rate})` +
    `${byItem === "" ? "" : `: ${byItem}`}.`,
  ].join("\n\n");
}
