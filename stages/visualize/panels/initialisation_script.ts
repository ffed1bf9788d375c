/** Computes question 2's panel in the page: networks are drawn by the run's kernel, beside theory. */
import type { PanelScript, Settings } from "../../../pipeline/report/panels/panel.ts";
import type { ActivationName } from "../../../schemas/assignment/theory.ts";
import { activations } from "../../init_check/theory/activation_moments.ts";
import { meanField } from "../../init_check/theory/mean_field.ts";
import { normalDensity } from "../../init_check/theory/quadrature.ts";
import { normalKernelOf } from "../../random/standard_normal_kernel.ts";
import { streamOf } from "../../random/streams.ts";
import { counted, rounded, significant } from "../charts/chart_numbers.ts";
import {
  bins,
  drawNetworks,
  type Networks,
  networksCapacity,
  networksVectors,
  type Simulated,
} from "./simulated_networks.ts";

/** Networks of the run. */
interface MeasuredNetworks extends Networks {
  stream: number;
  /** Mean over networks of the last layer's mean square; absent where the run's file is not there. */
  measured?: number;
}

export interface InitialisationData {
  seed: number;
  /** The largest width of the form. */
  widest: number;
  cells: MeasuredNetworks[];
}

/** Weights in all that a computation draws where the run has no such networks: less than 0.1 s. */
const budget = 20_000_000;

/** Networks of the settings: the run's own, where it has them, or as many as the budget allows. */
function networksOf(
  { cells }: Pick<InitialisationData, "cells">,
  settings: Settings,
): Networks & { own?: MeasuredNetworks } {
  const asked = {
    activation: settings.activation as ActivationName,
    gain: Number(settings.gain),
    width: Number(settings.width),
    depth: Number(settings.depth),
  };
  const own = cells.find((cell) =>
    cell.activation === asked.activation && cell.gain === asked.gain &&
    cell.width === asked.width && cell.depth === asked.depth
  );
  const affordable = Math.round(budget / (asked.width ** 2 * asked.depth));
  return { ...asked, networks: own?.networks ?? Math.min(1000, Math.max(2, affordable)), own };
}

export const panel: PanelScript<InitialisationData> = {
  async open(data, { kernel: module }) {
    const kernel = await normalKernelOf(module, networksCapacity(data.widest));
    const vectors = networksVectors(kernel, data.widest);
    return function* (settings) {
      const networks = networksOf(data, settings);
      const { own, gain, depth } = networks;
      const { secondMoment } = meanField(activations[networks.activation], gain, depth);
      const deviation = Math.sqrt(gain * secondMoment[depth - 1]);
      // The streams of the run's networks are its own; others have one that no job draws from.
      const stream = own === undefined
        ? streamOf(data.seed, "panel of initialisation")
        : streamOf(data.seed, "theory of initialisation", own.stream);
      const steps = drawNetworks(networks, stream, kernel, vectors, deviation);
      const outcome = (found: Simulated) => () => outcomeOf(found, networks, secondMoment);
      for (;;) {
        const { value, done } = steps.next();
        if (done) return outcome(value);
        yield outcome(value);
      }
    };
  },
};

function outcomeOf(
  found: Simulated,
  { own, gain, width, depth, networks }: ReturnType<typeof networksOf>,
  predicted: readonly number[],
) {
  const done = Math.max(1, found.networks);
  const [measured, typical] = [
    found.sums[depth] / done,
    Math.exp(found.logSums[depth] / done),
  ];
  const preActivations = {
    measured: found.preActivations / done,
    predicted: gain * predicted[depth - 1],
  };
  return {
    rows: {
      distribution: distributionRows(found.counts, width * found.networks),
      moments: predicted.flatMap((value, layer) => [
        { layer, what: "theory", value: rounded(value, 6) },
        ...[
          { layer, what: "mean", value: found.sums[layer] / done },
          { layer, what: "typical", value: Math.exp(found.logSums[layer] / done) },
          // A logarithmic axis has no place for 0.
        ].filter(({ value }) => value > 0 && found.networks > 0),
      ]),
    },
    columns: { measured: "Measured", predicted: "Predicted" },
    values: [
      {
        label: `Mean square of the pre-activations of layer ${depth}`,
        measured: significant(preActivations.measured),
        predicted: significant(preActivations.predicted),
      },
      {
        label: `Mean square of the activations of layer ${depth}`,
        measured: significant(measured),
        predicted: significant(predicted[depth]),
      },
      {
        label: "The same in a typical network (geometric mean)",
        measured: significant(typical),
        predicted: "",
      },
    ],
    sentence: sentenceOf({ measured, typical, depth, networks, own }, predicted[depth]),
  };
}

function sentenceOf(
  { measured, typical, depth, networks, own }: {
    measured: number;
    typical: number;
    depth: number;
    networks: number;
    own?: MeasuredNetworks;
  },
  predicted: number,
): string {
  const ratio = `${significant(measured / predicted, 3)} times the prediction`;
  const ends = typical === 0
    ? "At least one network is dead: all its units are 0."
    : `A typical network ends at ${significant(typical, 2)}.`;
  return `After ${counted(depth, "layer")} the mean square is ${significant(measured)} over ` +
    `${counted(networks, "network")}, ${ratio}. ${ends}${
      own?.measured === undefined ? "" : ofRun(measured, own.measured)
    }`;
}

/** Values that differ by no more than this, relative to each other, have the same digits. */
const sameDigits = 1e-12;

const ofRun = (measured: number, own: number): string =>
  Math.abs(measured / own - 1) < sameDigits
    ? " The run drew the same networks and measured the same value."
    : ` The run measured ${significant(own)} for these settings.`;

/** Measured densities by bin, and the normal's along them. */
function distributionRows(counts: Uint32Array, total: number) {
  const width = 2 * bins.end / bins.count;
  const measured = Array.from(counts, (count, bin) => ({
    what: "measured",
    from: rounded(bin * width - bins.end),
    to: rounded((bin + 1) * width - bins.end),
    density: total === 0 ? 0 : rounded(count / total / width),
  }));
  const normal = Array.from({ length: 2 * bins.count + 1 }, (_, i) => {
    const z = rounded(i * width / 2 - bins.end);
    return { what: "predicted", from: z, density: rounded(normalDensity(z)) };
  });
  return [...measured, ...normal];
}
