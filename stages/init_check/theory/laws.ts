/**
 * Draws a signal's entries from several laws and gives the moments that theory needs. All laws are
 * symmetric, with mean 0 and variance 1 before they are scaled.
 */
import type { Law } from "../../../schemas/assignment/theory.ts";
import type { NormalKernel } from "../../random/standard_normal_kernel.ts";
import { overHalfLine, overInterval } from "./quadrature.ts";

interface Description {
  /** Vectors of numbers that `draw` needs besides the one it fills. */
  scratch: number;
  draw(kernel: NormalKernel, out: Float64Array, scratch: Float64Array): void;
  /** E[x⁴]. */
  kurtosis: number;
  /** E[1 - e^(-t x²)], to full relative precision. */
  laplaceComplement(t: number): number;
  text: string;
}

/** t₅ has variance 5/3. */
const studentScale = Math.sqrt(3 / 5);

/** Density of Student's t with 5 degrees of freedom. */
const studentDensity = (t: number): number =>
  8 / (3 * Math.PI * Math.sqrt(5)) * (1 + t * t / 5) ** -3;

export const laws: Record<Law, Description> = {
  gaussian: {
    text: "Gaussian",
    scratch: 0,
    draw: (kernel, out) => kernel.fill(out),
    kurtosis: 3,
    laplaceComplement: (t) => -Math.expm1(-0.5 * Math.log1p(2 * t)),
  },
  uniform: {
    text: "uniform",
    scratch: 0,
    draw(kernel, out) {
      kernel.fillUniform(out);
      const width = 2 * Math.sqrt(3);
      for (let i = 0; i < out.length; i++) out[i] = width * (out[i] - 0.5);
    },
    kurtosis: 9 / 5,
    laplaceComplement: (t) =>
      overInterval((x) => -Math.expm1(-t * x * x), Math.sqrt(3)).value / Math.sqrt(3),
  },
  rademacher: {
    text: "Rademacher",
    scratch: 0,
    draw: (kernel, out) => kernel.fillSigns(out),
    kurtosis: 1,
    laplaceComplement: (t) => -Math.expm1(-t),
  },
  "student-t5": {
    text: "Student t₅",
    scratch: 5,
    // t = z/√(χ²/5) with χ² of 5 degrees of freedom, the squares of five more normals.
    draw(kernel, out, scratch) {
      const n = out.length;
      const squares = scratch.subarray(0, 5 * n);
      kernel.fill(out);
      kernel.fill(squares);
      for (let i = 0; i < n; i++) {
        let chiSquare = 0;
        for (let k = 5 * i; k < 5 * i + 5; k++) chiSquare += squares[k] * squares[k];
        out[i] *= studentScale / Math.sqrt(chiSquare / 5);
      }
    },
    kurtosis: 9,
    laplaceComplement: (t) =>
      2 *
      overHalfLine((x) => studentDensity(x) * -Math.expm1(-t * (studentScale * x) ** 2)).value,
  },
};
