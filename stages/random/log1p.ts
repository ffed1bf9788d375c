/**
 * Computes log(1 + x) for the arguments of the ziggurat's tail: -1 < x ≤ 0 and a multiple of 2^-53,
 * so that 1 + x is exact. The result has the bits of glibc 2.36 (s_log1p.c).
 *
 * `Math.log1p` will not do: V8 and glibc both descend from fdlibm, but glibc sums the polynomial in
 * another order, and one of about 200 normals from the tail differs in its last bits.
 *
 * glibc has this function twice, and chooses by the processor. `plain` rounds each product and each
 * sum. `fma` fuses products with sums as the build for AVX2 and FMA does: read from the machine code
 * of glibc 2.36-9+deb12u14. Four normals of 8·10^8 differ, in the last bit.
 *
 * The method and its constants are fdlibm's: "Copyright (C) 1993 by Sun Microsystems, Inc. All
 * rights reserved. Developed at SunPro, a Sun Microsystems, Inc. business. Permission to use, copy,
 * modify, and distribute this software is freely granted, provided that this notice is preserved."
 */

import { fma } from "./fma.ts";

/** Rounding of a product that something is added to: before the sum, or with it. */
export type Log1p = "plain" | "fma";

/** ln 2 in two parts; the first has zeros at its end, so that its multiples are exact. */
const ln2High = 6.93147180369123816490e-01;
const ln2Low = 1.90821492927058770002e-10;

/** Coefficients of (log(1 + f) - log(1 - f) over f, less 2) in s² with s = f/(2 + f). */
const l1 = 6.666666666666735130e-01;
const l2 = 3.999999999940941908e-01;
const l3 = 2.857142874366239149e-01;
const l4 = 2.222219843214978396e-01;
const l5 = 1.818357216161805012e-01;
const l6 = 1.531383769920937332e-01;
const l7 = 1.479819860511658591e-01;

const float = new Float64Array(1);
const words = new Uint32Array(float.buffer);
const highWord = 1; // little-endian, as everywhere in this project

/**
 * log(1 + x) for -1 < x ≤ 0, a multiple of 2^-53.
 *
 * fdlibm's shortcut for 1 + x within 2^-20 of a power of two is left out: it can change the last bit
 * of no more than about one result in 2^50.
 */
const log1pWith = (multiplyAdd: typeof fma) => (x: number): number => {
  if (x > -(2 ** -29)) return x - x * x * 0.5;
  let exponent = 0;
  let f = x;
  float[0] = x;
  // Below about √2/2, 1 + x = 2^exponent · (1 + f) with √2/2 < 1 + f < √2.
  if (words[highWord] > 0xbfd2bec3) {
    float[0] = 1 + x;
    const high = words[highWord];
    const mantissa = high & 0xfffff;
    const halved = mantissa >= 0x6a09e;
    exponent = (high >>> 20) - 1023 + (halved ? 1 : 0);
    words[highWord] = mantissa | (halved ? 0x3fe00000 : 0x3ff00000);
    f = float[0] - 1;
  }
  const halfSquare = 0.5 * f * f;
  const s = f / (2 + f);
  const z = s * s;
  const z2 = z * z;
  const z4 = z2 * z2;
  const z6 = z4 * z2;
  const low = multiplyAdd(z, l1, z2 * multiplyAdd(z, l3, l2));
  const middle = multiplyAdd(z4, multiplyAdd(z, l5, l4), low);
  const r = multiplyAdd(z6, multiplyAdd(z, l7, l6), middle);
  const rest = halfSquare - (s * (halfSquare + r) + exponent * ln2Low) - f;
  return multiplyAdd(exponent, ln2High, -rest);
};

export const log1p: Readonly<Record<Log1p, (x: number) => number>> = {
  plain: log1pWith((a, b, c) => a * b + c),
  fma: log1pWith(fma),
};
