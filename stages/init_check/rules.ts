/** The rules of initialisation that are compared, each as the variance that it gives a weight. */

export const rules = {
  /** LeCun et al. 1998, "Efficient BackProp", §4.6. */
  lecun: { text: "N(0, 1/fan_in)", variance: (fanIn: number, _fanOut: number) => 1 / fanIn },
  /** Glorot and Bengio 2010, equation 12. */
  glorot: {
    text: "N(0, 2/(fan_in + fan_out))",
    variance: (fanIn: number, fanOut: number) => 2 / (fanIn + fanOut),
  },
  /** He et al. 2015, equation 10. */
  he: { text: "N(0, 2/fan_in)", variance: (fanIn: number, _fanOut: number) => 2 / fanIn },
} as const;

export type RuleName = keyof typeof rules;

/** Names a rule whose standard deviation is multiplied by `scale`. */
export const ruleText = (rule: RuleName, scale: number): string =>
  scale === 1
    ? rules[rule].text
    : `${rules[rule].text} with ${Number(scale.toPrecision(4))} times the deviation`;
