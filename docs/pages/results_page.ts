/** Makes docs/results.md, and the results in README.md, from the files of artifacts/reference. */
import { markdownTable } from "../../pipeline/terminal/markdown_table.ts";
import { bySource, claimCounts, tallyText } from "../../pipeline/claims/claims_table.ts";
import { Chance } from "../../schemas/assignment/chance.ts";
import { VerdictRates } from "../../schemas/assignment/verdict_rates.ts";
import { Parity } from "../../schemas/assignment/pytorch_parity.ts";
import { Initialisations } from "../../schemas/assignment/short_trainings.ts";
import { Ledger } from "../../schemas/run/judged_claims.ts";
import { Manifest } from "../../schemas/run/manifest.ts";
import { Metrics } from "../../schemas/run/metric_values.ts";
import replicates from "../../artifacts/reference/pytorch-replicates.json" with { type: "json" };
import reported from "../../artifacts/reference/reported-figures.json" with { type: "json" };
import { readReference } from "./reference_file.ts";
import { chanceText } from "./turned_verdicts.ts";
import { commitOf, shortCommit } from "../../pipeline/runs/read_manifest.ts";

const manifest = readReference("manifest.json", Manifest);
const metrics = readReference("metrics.json", Metrics);
const { claims, controls } = readReference("claims.json", Ledger);
const pytorch = replicates.replicates.find(({ seed }) => seed === 0)!;
const ofSeed0 = readReference("parity/fashion-mlp/parity.json", Parity);
const ofTenSeeds = [
  "fashion-mlp",
  ...Array.from({ length: 9 }, (_, i) => `fashion-mlp-seed-${i + 1}`),
].map((name) => readReference(`experiments/parity-wasm/parity/${name}/parity.json`, Parity));
const shortTrainings =
  readReference("compare/fashion-initialisations/initialisations.json", Initialisations).rows;
const rates = readReference("verdict-rates.json", VerdictRates);
const chance = readReference("chance.json", Chance);

/** A table of cells in Markdown, but for the character that ends a cell. */
const table = (
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): string =>
  markdownTable(
    [head, ...rows].map((row) => row.map((cell) => String(cell).replaceAll("|", "\\|"))),
  ).join("\n");

const metric = (name: string): number => {
  const value = metrics[name];
  if (typeof value === "number") return value;
  throw new Error(`metrics.json of the reference run: expected a number for ${name}`);
};
const short = (value: number): string => Number(value.toPrecision(3)).toString();
const percent = (share: number): string => `${short(100 * share)} %`;
const loss = (value: number): string => value.toFixed(4);
const correctAfter = (network: string): number[] =>
  [0, 1, 2, 3].map((epoch) => metric(`${network}.test-correct.epoch-${epoch}`));
const reportedCorrect = reported.question4_mnist_from_scratch.test_results
  .map(({ correct }) => correct);
const ids = (verdict: string): string[] =>
  claims.filter((claim) => claim.verdict === verdict).map(({ id }) => id);
const { stated, ours } = bySource(claims);

/** The README's table. */
export function summaryTable(): string {
  const correct = (epoch: number) => metric(`fashion-mlp.test-correct.epoch-${epoch}`);
  const reportedFinal = reported.question3_fashion_mnist.per_epoch.at(-1)!.test_accuracy;
  const statement = (id: string) => claims.find((claim) => claim.id === id)!.statement;
  const refuted = ["Q2c.rule-stable", "Q2d.identity", "Q3.fifty"].filter((id) =>
    ids("refuted").includes(id)
  );
  const largest = Math.max(...ofTenSeeds.map(({ largest }) => largest.trainLoss));
  const list = (numbers: readonly number[]) => numbers.join(", ");
  return table(["what", "the assignment", "fanin"], [
    [
      "question 4: correct of 10,000 after 0, 1, 2, 3 epochs",
      list(reportedCorrect),
      list(correctAfter("mnist-scratch")),
    ],
    ["the same, for the network as listed", "", list(correctAfter("mnist-as-listed"))],
    ["the same, with pixels of 0 to 255", "", list(correctAfter("mnist-raw-pixels"))],
    [
      "question 3: correct of 10,000 after 25 epochs",
      Math.round(1e4 * reportedFinal),
      `${correct(24)} (PyTorch, same seed: ${pytorch.epochs[24].test_correct})`,
    ],
    ["largest distance to PyTorch's train loss, ten seeds", "", short(largest)],
    ["claims of the assignment", stated.length, tallyText(stated)],
    ...refuted.map((id) => [`one of them: ${id}`, statement(id), "refuted"]),
    ["claims of ours, which it implies", ours.length, tallyText(ours)],
  ]);
}

function question4(): string {
  const row = (name: string, network: string) => [
    name,
    ...correctAfter(network).map((correct, epoch) =>
      `${correct} / ${metric(`${network}.test-loss.epoch-${epoch}`).toFixed(3)}`
    ),
  ];
  return table(["correct of 10,000 / test loss", "before training", "epoch 1", "2", "3"], [
    [
      "the assignment",
      ...reported.question4_mnist_from_scratch.test_results
        .map(({ correct, loss_2dp }) => `${correct} / ${loss_2dp.toFixed(2)}`),
    ],
    row("784-32-32-10, as described", "mnist-scratch"),
    row("784-32-10, as the listing has it", "mnist-as-listed"),
    row("as described, raw pixels of 0 to 255", "mnist-raw-pixels"),
  ]);
}

function question3(): string {
  const epochs = [0, 10, 24];
  const cell = (train: number, test: number, correct: number) =>
    `${loss(train)} / ${loss(test)} / ${correct}`;
  const trained = (network: string) =>
    epochs.map((epoch) => {
      const of = (name: string) => metric(`${network}.${name}.epoch-${epoch}`);
      return cell(of("train-loss"), of("test-loss"), of("test-correct"));
    });
  const rows = reported.question3_fashion_mnist.per_epoch;
  return table(
    ["train loss / test loss / correct of 10,000", ...epochs.map((epoch) => `epoch ${epoch}`)],
    [
      [
        "the assignment (its seed is not known)",
        ...epochs.map((epoch) => rows[epoch]).map(({ train_loss, test_loss, test_accuracy }) =>
          cell(train_loss, test_loss, Math.round(1e4 * test_accuracy))
        ),
      ],
      [
        "PyTorch, seed 0",
        ...epochs.map((epoch) => pytorch.epochs[epoch])
          .map((at) => cell(at.train_loss, at.test_loss, at.test_correct)),
      ],
      ["fanin, seed 0", ...trained("fashion-mlp")],
      ["fanin, logistic regression", ...trained("fashion-logistic")],
    ],
  );
}

function distances(): string {
  const row = (
    what: string,
    { trainLoss, testCorrect }: Pick<Parity["largest"], "trainLoss" | "testCorrect">,
  ) => [
    what,
    short(trainLoss),
    short(testCorrect),
  ];
  const largest = ofTenSeeds.map(({ largest }) => largest);
  return table(["distance over all 25 epochs", "train loss", "correct of 10,000"], [
    row("fanin to PyTorch, seed 0, largest", ofSeed0.largest),
    row("fanin by WebAssembly to PyTorch, ten seeds, largest", {
      trainLoss: Math.max(...largest.map(({ trainLoss }) => trainLoss)),
      testCorrect: Math.max(...largest.map(({ testCorrect }) => testCorrect)),
    }),
    row("PyTorch in float64 to PyTorch in float32, largest", ofSeed0.yardsticks.arithmetic),
    row("PyTorch over ten seeds, standard deviation", ofSeed0.yardsticks.seeds),
  ]);
}

const initialisations = (): string =>
  table(
    ["rule", "E[logit²] on the first batch, predicted / measured", "train loss by epoch"],
    shortTrainings.map(({ name, rule, logitSecondMoment, trainLosses, diverged }) => [
      `${name} (${rule})`,
      `${short(logitSecondMoment.predicted)} / ${short(logitSecondMoment.measured)}`,
      diverged === null ? trainLosses.map((one) => one.toFixed(3)).join(", ") : diverged,
    ]),
  );

const claimsOf = (question: string): string =>
  table(
    ["claim", "verdict", "statement", "measured"],
    claims.filter(({ id }) => id.startsWith(question))
      .map(({ id, implied, verdict, statement, sentence, remarks }) => [
        implied ? `${id}°` : id,
        verdict,
        statement,
        [sentence, ...remarks.map((remark) => `Remark: ${remark}`)].join("<br>"),
      ]),
  );

/**
 * Returns the paragraph on the probability of an error in question 2, over its chance-dependent conditions
 * and controls.
 */
function errorBound(): string {
  const parts = [
    ...claims.filter(({ id }) => id.startsWith("Q2")).flatMap(({ parts }) => parts),
    ...controls.filter(({ id }) => id.startsWith("Q2")).map(({ part }) => part),
  ].filter(({ confidence }) => confidence < 1);
  const conditions = parts.flatMap(({ conditions }) => conditions).length;
  const bound = parts.reduce(
    (sum, { confidence, conditions }) => sum + (1 - confidence) * conditions.length,
    0,
  );
  return `Question 2 has ${conditions} conditions that rest on chance, with its controls. Each interval misses ` +
    `with a probability of ${short(Math.max(...parts.map(({ confidence }) => 1 - confidence)))} ` +
    "at most, and each has enough draws to be narrower than its equivalence margin. So with a " +
    `probability of at most ${short(bound)} any of the verdicts is wrong.`;
}

function rateTables(): string[] {
  const { wrongRuns, misbehavedRuns, misses, families } = rates;
  const interval = (low: number, high: number) => `${percent(low)} to ${percent(high)}`;
  return [
    table(
      ["repeated with other seeds", "found", "95 % interval"],
      [
        ["runs with any wrong verdict", wrongRuns],
        ["runs with a control that misbehaved", misbehavedRuns],
        ["intervals that missed the true value", misses],
      ].map(([what, rate]) => {
        const { count, of, low, high } = rate as typeof wrongRuns;
        return [what as string, `${count} of ${of}`, interval(low, high)];
      }),
    ),
    table(
      [
        "p-values of true hypotheses",
        "kind",
        "tests",
        "below 0.05",
        "95 % interval",
        "uniform: p",
        "one condition: least p",
      ],
      families.map(({ test, kind, below, uniformity, leastOfConditions }) => {
        const { rate: { of, rate, low, high } } = below.find(({ level }) => level === 0.05)!;
        const uniform = uniformity === null ? "" : short(uniformity.p);
        const least = leastOfConditions === null ? "" : short(leastOfConditions);
        return [test, kind, of, percent(rate), interval(low, high), uniform, least];
      }),
    ),
  ];
}

/** The subject of each question of the assignment. */
const questions: Record<string, string> = {
  Q1: "Question 1: what step networks can express",
  Q2: "Question 2: the scale of initial weights",
  Q3: "Question 3: FashionMNIST",
  Q4: "Question 4: MNIST by hand-written backpropagation",
};

export function resultsPage(): string {
  const { run, environment: { deno, os, arch, cores, adapter } } = manifest;
  const commit = shortCommit(commitOf(manifest)!.commit);
  return [
    "# Results",
    "<!-- `deno task docs` writes this page. -->",
    `These are the results of the reference run \`${run}\`: \`deno task reproduce\` at commit ` +
    `${commit}, Deno ${deno}, ${os} ${arch}, ${cores} cores, WebGPU on ${adapter}. ` +
    "[artifacts/reference](../artifacts/reference) has its files. A claim's verdict follows from " +
    "its intervals; nobody writes it down.",
    `${
      claimCounts(claims, { source: "the assignment" })
    }. ° marks those of ours. A remark is on what the ` +
    `assignment does not claim. The ${controls.length} controls of the methods came out ` +
    "as they must; a job fails if one does not.",
    `## ${questions.Q1}`,
    claimsOf("Q1"),
    `## ${questions.Q2}`,
    claimsOf("Q2"),
    `## ${questions.Q3}`,
    "Training runs through tfjs on WebGPU, from the initial weights and batches of PyTorch's seed.",
    question3(),
    "The labels of the first batch are equal. The first 20 batch losses are within " +
    `${short(Math.max(...ofTenSeeds.map((one) => one.firstLossesRelative)))} relative, over ten ` +
    "seeds (`deno task reproduce --experiment parity --backend wasm`).",
    distances(),
    "Three epochs from other initial weights:",
    initialisations(),
    claimsOf("Q3"),
    `## ${questions.Q4}`,
    question4(),
    claimsOf("Q4"),
    "## How often a verdict is wrong",
    errorBound(),
    `\`${rates.command}\` repeated the theory on ${rates.date} with ` +
    `${rates.seeds.last - rates.seeds.first + 1} seeds, the margins of the quick experiment and ` +
    `fans up to ${rates.settings.largestFan}. Intervals are Clopper and Pearson's. A bound of p is ` +
    "at least as large as an exact p-value, so that small ones are rarer. The last two columns test " +
    "that p-values are uniform: over all conditions, and the least for a single condition after " +
    "Holm's correction.",
    ...rateTables(),
    "## Chance",
    ...chanceText(chance),
  ].join("\n\n");
}
