/**
 * Makes the committed files of expected values from the reference data, the DAG and the assignment's
 * results. `write.ts` writes them; a test sees that they are up to date.
 */
import type { Dag } from "../../../pipeline/engine/dag.ts";
import { select } from "../../../pipeline/engine/project/selection.ts";
import { Experiment } from "../../../schemas/run/experiment.ts";
import { Expected, type ExpectedInput } from "../../../schemas/run/expected.ts";
import { chartItems } from "./expected_charts.ts";
import { claimItems } from "./expected_claims.ts";
import { dataItems } from "./expected_data.ts";
import type { ItemInput } from "./expected_item.ts";
import { paritySeeds } from "../parity.ts";
import { initialisationItem, parityItems } from "./expected_pytorch.ts";
import { pytorchReplicates, question3Items } from "./expected_question_3.ts";
import { question4Items } from "./expected_question_4.ts";
import { batchItems, structureItems } from "./expected_training.ts";

/** Job → parameters aside, which jobs an experiment runs. */
const jobsOf = (dag: Dag, experiment: unknown): Set<string> =>
  new Set(select(dag, Experiment.parse(experiment)).jobs.map(({ name }) => name));

/** Name of the file → its content. `experiments` are those of the same names. */
export async function expectedFiles(
  dag: Dag,
  experiments: { assignment: unknown; quick: unknown },
): Promise<Record<string, Expected>> {
  const common = { $schema: "../../schemas/expected.schema.json", version: 1 } as const;
  const inAssignment = jobsOf(dag, experiments.assignment);
  const inQuick = jobsOf(dag, experiments.quick);
  const files: Record<string, ExpectedInput> = {
    "expected.json": {
      ...common,
      title: "The assignment",
      about:
        "All four questions at full size. Figures that follow from a seed are exact; those of " +
        "question 3 are prediction intervals from PyTorch's runs of other seeds; " +
        "claims must get the verdict that an independent check of the assignment came to.",
      experiment: "assignment",
      items: [
        ...dataItems("mnist", true),
        ...dataItems("fashion-mnist", true),
        ...claimItems,
        ...await question3Items(),
        ...question4Items,
        ...chartItems(dag, (name) => inAssignment.has(name)),
      ],
      replicates: pytorchReplicates,
      leaderboard: [
        { name: "FashionMNIST test accuracy", metric: "fashion-mlp.test-accuracy" },
        {
          name: "FashionMNIST test loss",
          metric: "fashion-mlp.test-loss.epoch-24",
          order: "ascending",
        },
      ],
    },
    "expected-quick.json": {
      ...common,
      title: "The quick experiment",
      about:
        "What of the assignment the quick experiment runs at full size: the claims of questions " +
        "1, 2 and 4 and all of question 4's results. Its question 3 is on a tenth of the data and not graded.",
      experiment: "quick",
      items: [
        ...dataItems("mnist", true),
        ...claimItems.filter(({ id }) => /^claim\.Q[124]/.test(id)),
        ...question4Items,
        initialisationItem,
        ...structureItems("fashion-mlp"),
        ...chartItems(dag, (name) => inQuick.has(name)),
      ],
    },
    "expected-parity.json": {
      ...common,
      title: "Question 3 from ten seeds",
      about:
        "Question 3 trained from ten seeds must stay as near to PyTorch's runs of the same seeds as " +
        "another order of summation does.",
      experiment: "parity",
      items: paritySeeds.flatMap((seed) => {
        const name = seed === 0 ? "fashion-mlp" : `fashion-mlp-seed-${seed}`;
        return [...parityItems(name, seed), ...structureItems(name), ...batchItems(name)];
      }),
    },
  };
  return Object.fromEntries(
    Object.entries(files).map(([name, file]) => [
      name,
      Expected.parse({ ...file, groups: groupsOf(file.items) }),
    ]),
  );
}

/** The groups with the points of their items, for a teacher to weigh. */
function groupsOf(items: readonly ItemInput[]): ExpectedInput["groups"] {
  const names = [...new Set(items.flatMap(({ group }) => group ?? []))].sort();
  return names.map((name) => {
    const points = items.filter(({ group }) => group === name).map(({ points = 1 }) => points);
    return { name, points: points.reduce((sum, one) => sum + one, 0) };
  });
}
