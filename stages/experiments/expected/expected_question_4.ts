/** Expects of question 4: the assignment's results exactly, those of its variants as an independent check found them. */
import { type Reported, reportedResults } from "../../compare/reported.ts";
import { assignment, type ItemInput, measured, metric } from "./expected_item.ts";
import { resultReadings } from "./expected_text.ts";

interface Network {
  /** Name of the job after "/", and of its metrics. */
  name: string;
  about: string;
  figures: Reported;
  /** Points for each epoch's count. */
  points: number;
  /** True for the network whose results a notebook prints. */
  isPrinted?: boolean;
  message: string;
  source: ItemInput["source"];
}

const networks: Network[] = [
  {
    name: "mnist-scratch",
    about: "784-32-32-10 as described",
    figures: reportedResults["as-described"],
    points: 2,
    isPrinted: true,
    message: "these counts follow from the seed: check the order of the random draws, float64 " +
      "throughout, samples in file order and the update after each",
    source: assignment("question 4, the results after each epoch"),
  },
  {
    name: "mnist-as-listed",
    about: "784-32-10 as listed",
    figures: reportedResults["as-listed"],
    points: 1,
    message: "the listing's network has one hidden layer of 32",
    source: measured("an independent check of the listing's network, by another program"),
  },
  {
    name: "mnist-raw-pixels",
    about: "raw pixels of 0-255",
    figures: reportedResults["raw-pixels"],
    points: 0.5,
    message: "leave the pixels as they are; after training this network is chaotic in the last bit",
    source: measured("an independent check with raw pixels, under five orders of summation"),
  },
];

export const question4Items: ItemInput[] = networks.flatMap(
  ({ name, about, figures, points, isPrinted = false, message, source }) =>
    figures.epochs.flatMap(({ epoch, correct, loss }): ItemInput[] => {
      const when = epoch === 0 ? "before training" : `after epoch ${epoch}`;
      const common = { group: "Question 4", message, source };
      const target = metric(`${name}.test-correct.epoch-${epoch}`);
      return [
        {
          ...common,
          id: target.name,
          title: `${about}: correct of 10,000 ${when}`,
          target,
          ...(isPrinted && { text: resultReadings("test-correct", epoch) }),
          expected: correct,
          points,
          credit: { kind: "linear", width: 100 },
        },
        ...(loss === undefined ? [] : [{
          ...common,
          id: `${name}.test-loss.epoch-${epoch}`,
          title: `${about}: test loss ${when}`,
          target: metric(`${name}.test-loss.epoch-${epoch}`),
          ...(isPrinted && { text: resultReadings("test-loss", epoch) }),
          expected: loss,
          points: points / 2,
          credit: { kind: "linear" as const, width: 0.05 },
        }]),
      ];
    }),
);
