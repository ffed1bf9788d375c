/** `evaluate-network`: the trained network's accuracy and loss on points that it has not seen. */
import { defineStage, metrics, section, type Tensor, type ValueOf } from "fanin";
import { forward } from "./tanh_network.ts";
import { points, weights } from "./rings_artifacts.ts";

export const evaluateNetwork = defineStage({
  name: "evaluate-network",
  module: import.meta.url,
  about: "measures a network on points that it has not seen",
  inputs: { points, weights },
  outputs: { metrics, section },
  run({ inputs: { points: { places, labels }, weights: { hidden, output } } }) {
    const network = { hidden: float64(hidden), output: float64(output) };
    const units = new Float64Array(network.output.length - 1);
    const count = labels.data.length;
    let correct = 0;
    let loss = 0;
    for (let i = 0; i < count; i++) {
      const found = forward(network, places.data[2 * i], places.data[2 * i + 1], units);
      const isOuter = labels.data[i] === 1;
      if (found > 0.5 === isOuter) correct++;
      loss -= Math.log(isOuter ? found : 1 - found) / count;
    }
    const sentence = `The network puts ${correct} of ${count} new points into the right ring.`;
    return { metrics: { accuracy: correct / count, loss }, section: reported(sentence) };
  },
});

/** For the report. */
const reported = (markdown: string): ValueOf<typeof section> => ({
  id: "rings",
  title: "Two rings",
  blocks: [{ kind: "text", markdown }],
});

/** The numbers of a tensor that the artifact's type has checked to be float64. */
const float64 = ({ data }: Tensor): Float64Array => data as Float64Array;
