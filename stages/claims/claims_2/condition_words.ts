/** Words the rows of question 2's measurements, for conditions of claims. */
import type { LayerRow, NetworkRow, ReluRow } from "../../../schemas/assignment/theory.ts";
import { laws } from "../../init_check/theory/laws.ts";
import { numberText } from "../../../pipeline/claims/claim_numbers.ts";

const signed = (
  value: number,
): string => (value < 0 ? `-${numberText(-value)}` : numberText(value));

const sizes = ({ nIn, nOut }: { nIn: number; nOut: number }): string =>
  `n_in ${nIn}, n_out ${nOut}`;

/** "n_in from 1 to 4096 and n_out from 8 to 64": what rows cover. */
export function sizesOf(rows: readonly { nIn: number; nOut: number }[]): string {
  const ends = (values: readonly number[]) => `${Math.min(...values)} to ${Math.max(...values)}`;
  const [nIn, nOut] = [ends(rows.map((row) => row.nIn)), ends(rows.map((row) => row.nOut))];
  return nIn === nOut ? `n_in and n_out from ${nIn}` : `n_in from ${nIn} and n_out from ${nOut}`;
}

/** The different values, in words: "-1, 0 and 1". */
export function listed(values: readonly (string | number)[]): string {
  const different = [...new Set(values)];
  const last = different.pop();
  return different.length === 0 ? String(last) : `${different.join(", ")} and ${last}`;
}

/** "n_in 64, n_out 8, σ² 0.0156, Gaussian inputs with v² 1". */
export function layerText({ cell }: LayerRow): string {
  const { direction, weights, signal } = cell;
  const [name, mean, variance] = direction === "forward"
    ? ["inputs", "mean", "v²"]
    : ["gradients", "μ", "g²"];
  const parts = [
    sizes(cell),
    `σ² ${numberText(weights.variance)}${weights.law === "uniform" ? " uniform" : ""}`,
  ];
  if (weights.mean !== 0) parts.push(`weights of mean ${signed(weights.mean)}`);
  if (weights.correlation !== 0) parts.push(`weights correlated by ${weights.correlation}`);
  parts.push(`${laws[signal.law].text} ${name} with ${variance} ${numberText(signal.variance)}`);
  if (signal.mean !== 0) parts.push(`${mean} ${signed(signal.mean)}`);
  if (signal.correlation !== 0) parts.push(`correlated by ${signal.correlation}`);
  return parts.join(", ");
}

export const networkText = ({ cell }: NetworkRow): string =>
  `${cell.activation === "relu" ? "ReLU" : cell.activation}, n σ² ${
    numberText(cell.gain)
  }, width ` +
  `${cell.width}, ${cell.depth} layers, ${cell.networks} networks`;

export const reluText = ({ cell }: ReluRow): string =>
  `${sizes(cell)}, ${cell.rule} rule, ${laws[cell.signal.law].text} inputs with v² ` +
  numberText(cell.signal.variance);
