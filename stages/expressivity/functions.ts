/**
 * Lists the functions that step networks approximate, each with a Lipschitz constant by formula.
 */
import type { Approximation } from "../../schemas/assignment/step_networks.ts";

/** A function of one input. */
export interface Subject {
  formula: string;
  character: Approximation["character"];
  f(x: number): number;
  /** On the whole line. */
  lipschitz: number;
  /** Returns the points where f turns from rising to falling or back, within [-halfWidth, halfWidth]. */
  turns(halfWidth: number): number[];
}

/** Returns the points that lie inside. */
const inside = (halfWidth: number, points: number[]) =>
  points.filter((x) => Math.abs(x) <= halfWidth);

const frequency = 12;
const steepness = 20;
const kink = 1 / 3;

export const subjects = {
  gaussian: {
    formula: "exp(−8x²)",
    character: "smooth",
    f: (x) => Math.exp(-8 * x * x),
    // |f'| = 16|x|exp(-8x²) is largest at |x| = 1/4.
    lipschitz: 4 * Math.exp(-0.5),
    turns: () => [0],
  },
  runge: {
    formula: "1/(1 + 25x²)",
    character: "smooth",
    f: (x) => 1 / (1 + 25 * x * x),
    // |f'| = 50|x|/(1 + 25x²)² is largest at |x| = 1/√75.
    lipschitz: 15 * Math.sqrt(3) / 8,
    turns: () => [0],
  },
  logistic: {
    formula: `1/(1 + exp(−${steepness}x))`,
    character: "steep",
    f: (x) => 1 / (1 + Math.exp(-steepness * x)),
    // f' = s·f·(1 - f) is largest at f = 1/2.
    lipschitz: steepness / 4,
    turns: () => [],
  },
  sine: {
    formula: `sin(${frequency}x)`,
    character: "oscillating",
    f: (x) => Math.sin(frequency * x),
    lipschitz: frequency,
    turns: (halfWidth) => {
      const first = Math.ceil(-halfWidth * frequency / Math.PI - 0.5);
      const count = Math.floor(halfWidth * frequency / Math.PI - 0.5) - first + 1;
      const all = Array.from({ length: count }, (_, k) => (first + k + 0.5) * Math.PI / frequency);
      return inside(halfWidth, all);
    },
  },
  kinked: {
    formula: "|x − 1/3|",
    character: "kinked",
    f: (x) => Math.abs(x - kink),
    lipschitz: 1,
    turns: (halfWidth) => inside(halfWidth, [kink]),
  },
} as const satisfies Record<string, Subject>;

export const subjectNames = Object.keys(subjects) as (keyof typeof subjects)[];

const mean = (x: Float64Array, of: (value: number) => number): number => {
  let total = 0;
  for (const value of x) total += of(value);
  return total / x.length;
};

/**
 * Functions of d inputs with Lipschitz constant 1 in the max norm: |f(x) - f(y)| ≤ max_k |x_k - y_k|.
 * Over a cell, each deviates most from its value at the midpoint at a corner: the first two reach
 * the bound L·(half of the cell's side) there, the last rises with every coordinate.
 */
export const manyInputs: Record<string, (x: Float64Array) => number> = {
  "mean of the coordinates": (x) => mean(x, (value) => value),
  "max norm": (x) => x.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0),
  "mean of their tanh": (x) => mean(x, Math.tanh),
};
