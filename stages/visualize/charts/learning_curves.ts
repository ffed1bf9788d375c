/** Draws question 3's loss and accuracy by epoch, for the network and for logistic regression. */
import type { ChartSpec } from "../chart_outputs.ts";
import type { DeviceEvaluation, DeviceHistory } from "../../../schemas/assignment/training.ts";
import { byEpoch } from "./by_epoch.ts";
import { count, fixed, last, percent } from "./chart_numbers.ts";
import { accuracyOverview } from "./overview.ts";

interface Trained {
  history: DeviceHistory;
  evaluation: DeviceEvaluation;
}

const network = "784-256-128-64-10";
const baseline = "logistic regression";
const epochs = "Epoch (0 is the first one trained)";

const setOf = ({ history, evaluation }: Trained): string =>
  `${count(history.samples)} training and ${count(evaluation.samples)} test images of FashionMNIST`;

export function lossByEpochChart(trained: Trained, logistic: DeviceEvaluation): ChartSpec {
  const { history, evaluation } = trained;
  const train = history.epochs.map(({ epoch, trainLoss }) => ({ epoch, value: trainLoss }));
  const test = evaluation.epochs.map(({ epoch, lossOfBatches }) => ({
    epoch,
    value: lossOfBatches,
  }));
  const [trainEnd, testEnd] = [last(train).value, last(test).value];
  const after = evaluation.trainAfter.lossOfBatches;
  return byEpoch({
    title: `The test loss ends ${testEnd > trainEnd ? "above" : "below"} the train loss: ${
      fixed(testEnd, 3)
    } against ${fixed(trainEnd, 3)}`,
    subtitle: `Evaluated after the last epoch the training set has ${fixed(after, 3)}. ${
      setOf(trained)
    }; means of batch means`,
    description: "Train loss by epoch: " +
      train.map(({ epoch, value }) => `${epoch}: ${fixed(value, 4)}`).join(", ") +
      ". Test loss: " + test.map(({ epoch, value }) => `${epoch}: ${fixed(value, 4)}`).join(", ") +
      `. The logistic regression's test loss ends at ${
        fixed(last(logistic.epochs).lossOfBatches, 4)
      }.`,
    axis: "Mean cross-entropy (nats)",
    epochs,
    format: ".1f",
    series: [
      { label: `train loss, ${network}`, points: train },
      { label: `test loss, ${network}`, points: test },
      {
        label: `test loss, ${baseline}`,
        points: logistic.epochs.map(({ epoch, lossOfBatches }) => ({
          epoch,
          value: lossOfBatches,
        })),
      },
    ],
  });
}

export function accuracyByEpochChart(trained: Trained, logistic: DeviceEvaluation): ChartSpec {
  const pointsOf = ({ epochs, samples }: DeviceEvaluation) =>
    epochs.map(({ epoch, correct }) => ({ epoch, value: correct / samples }));
  const [own, other] = [pointsOf(trained.evaluation), pointsOf(logistic)];
  const [end, otherEnd] = [last(own).value, last(other).value];
  const least = Math.min(...[...own, ...other].map(({ value }) => value));
  return byEpoch({
    title: `Test accuracy ends at ${percent(end)}; the ${baseline} reaches ${percent(otherEnd)}`,
    subtitle: setOf(trained),
    description: "Test accuracy by epoch: " +
      own.map(({ epoch, value }) => `${epoch}: ${percent(value)}`).join(", ") +
      `. The ${baseline}: ` +
      other.map(({ epoch, value }) => `${epoch}: ${percent(value)}`).join(", ") + ".",
    axis: "Test accuracy",
    epochs,
    format: ".0%",
    domain: [Math.max(0, Math.floor(10 * least - 0.2) / 10), 1],
    series: [{ label: network, points: own }, { label: baseline, points: other }],
  });
}

/** The small chart for the head of the report. */
export const trainingOverview = (
  evaluation: DeviceEvaluation,
  logistic: DeviceEvaluation,
): ChartSpec => accuracyOverview("FashionMNIST", { network: evaluation, [baseline]: logistic });
