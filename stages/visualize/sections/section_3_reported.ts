/** Writes question 3's section on the assignment's rows and PyTorch's runs. */
import type { Curves, Parity } from "../../../schemas/assignment/pytorch_parity.ts";
import type { Section } from "../../../schemas/run/report_section.ts";
import { nameOf, rowsInside } from "../charts/reported_curve.ts";
import { listed } from "../../../pipeline/terminal/numbers.ts";
import { count, counted, fixed, last, percent, significant } from "../charts/chart_numbers.ts";
import { chart, claims, table, tell, text } from "./blocks.ts";

/** The charts of the section. */
export const charts = ["train-loss", "test-loss", "test-accuracy", "parity"] as const;

export function tellQuestion3Reported(
  { curves: { curves, band, seeds }, parity }: { curves: Curves; parity: Parity },
): Section {
  const [first] = curves;
  const of = (quantity: Curves["curves"][number]["quantity"]) =>
    curves.find((curve) => curve.quantity === quantity)!.epochs;
  const [train, test, accuracy] = [of("train-loss"), of("test-loss"), of("test-accuracy")];
  return tell<typeof charts[number]>(
    "question-3-reported",
    "Question 3: compared with the assignment and PyTorch",
    [
      text(
        `The assignment prints ${first.epochs.length} rows and not its seed, so no run can be expected to ` +
          "repeat them. They can be compared with the spread of that program. PyTorch’s runs of it give a " +
          `${band}. This run is judged by ${
            seeds.others < seeds.all
              ? `the ${seeds.others} runs that do not have its own seed, ${seeds.own}`
              : `all of them`
          }. ${
            curves.map((curve) =>
              `In ${nameOf(curve)} ${rowsInside(curve, "reported")} of the assignment and ${
                rowsInside(curve, "measured")
              } of this run lie in it.`
            ).join(" ")
          }`,
      ),
      chart("train-loss"),
      chart("test-loss"),
      chart("test-accuracy"),
      table(
        "The assignment’s rows and this run’s",
        [
          "Epoch#",
          "Train loss, assignment#",
          "this run#",
          "Test loss, assignment#",
          "this run#",
          "Test accuracy, assignment#",
          "this run#",
        ],
        train.map(({ epoch, reported, measured }, i) => [
          epoch,
          fixed(reported, 4),
          fixed(measured, 4),
          fixed(test[i].reported, 4),
          fixed(test[i].measured, 4),
          percent(accuracy[i].reported),
          percent(accuracy[i].measured),
        ]),
      ),
      text(aboutLean(curves, seeds.all)),
      claims("Q3.curve"),
      text(aboutParity(parity)),
      chart("parity"),
    ],
  );
}

/** Says on which side of the runs' mean the assignment's rows lie. */
function aboutLean(curves: Curves["curves"], runs: number): string {
  return curves.map((curve) => {
    const inDeviations = curve.epochs.map(({ reported, replicates }) =>
      (reported - replicates.mean) / replicates.standardDeviation
    );
    const half = inDeviations.slice(Math.floor(inDeviations.length / 2));
    const above = half.filter((distance) => distance > 0).length;
    const mean = half.reduce((sum, distance) => sum + distance, 0) / half.length;
    return `In the second half of the epochs the assignment’s ${
      nameOf(curve)
    } lies above the mean of ` +
      `the ${runs} in ${above} of ${counted(half.length, "row")}; on average it is ${
        fixed(Math.abs(mean), 1)
      } standard deviations ${mean < 0 ? "below" : "above"} it.`;
  }).join(" ");
}

function aboutParity(parity: Parity): string {
  const { seed, epochs, largest, webgpu, yardsticks, firstBatchLabelsEqual } = parity;
  const { arithmetic, seeds } = yardsticks;
  const onWebgpu = webgpu === null || webgpu.trainLoss === 0
    ? ""
    : ` From this program’s own run on WebGPU they differ by at most ${
      significant(webgpu.trainLoss, 2)
    } and ${counted(webgpu.testCorrect, "image")}.`;
  return `From the same seed, ${seed}, this run and PyTorch’s can be compared directly${
    firstBatchLabelsEqual
      ? ": initial weights and the order of the images are the same, as the first batch’s labels confirm"
      : " in their initial weights alone: the first batches have other labels"
  }. Over ${counted(epochs.length, "epoch")} they differ by at most ${
    significant(largest.trainLoss, 2)
  } in train loss and ${counted(largest.testCorrect, "test image")}. For comparison, ` +
    `PyTorch in float64 differs from PyTorch in float32 by up to ${
      significant(arithmetic.trainLoss, 2)
    } and ${count(arithmetic.testCorrect)} images (seeds ${
      listed(arithmetic.seeds.map(String))
    }), while its ${seeds.count} seeds differ among themselves by standard deviations of ${
      significant(seeds.trainLoss, 2)
    } and ${
      fixed(seeds.testCorrect, 0)
    } images after the last epoch. At the end the difference is ${
      significant(Math.abs(last(epochs).trainLoss), 2)
    } and ${counted(Math.abs(last(epochs).testCorrect), "image")}.${onWebgpu}`;
}
