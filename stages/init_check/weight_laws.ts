/** Lists the laws of initial weights, each with its name in a report and the variance of a weight. */

interface WeightLaw {
  readonly text: string;
  readonly variance: (fanIn: number, fanOut: number) => number;
}

/** Normal weights with mean 0; biases are 0. */
const normal = {
  /** The assignment, question 4. */
  gaussian: { text: "N(0, 1/max(n_in, n_out))", variance: (a, b) => 1 / Math.max(a, b) },
  /** LeCun et al. 1998, "Efficient BackProp", §4.6. */
  lecun: { text: "N(0, 1/fan_in)", variance: (fanIn) => 1 / fanIn },
  /** Glorot and Bengio 2010, equation 12. */
  glorot: { text: "N(0, 2/(fan_in + fan_out))", variance: (a, b) => 2 / (a + b) },
  /** He et al. 2015, equation 10. */
  he: { text: "N(0, 2/fan_in)", variance: (fanIn) => 2 / fanIn },
} satisfies Record<string, WeightLaw>;

export type NormalLaw = keyof typeof normal;

export const normalLaws: Readonly<Record<NormalLaw, WeightLaw>> = normal;

/** The default of PyTorch's `nn.Linear`, for weights and biases alike. */
export const uniformText = "uniform on ±1/√fan_in";

/** Names a law whose standard deviation is multiplied by `scale`. */
export const lawText = (law: NormalLaw, scale: number): string =>
  scale === 1
    ? normal[law].text
    : `${normal[law].text} with ${Number(scale.toPrecision(4))} times the deviation`;
