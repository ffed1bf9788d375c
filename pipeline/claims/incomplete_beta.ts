/**
 * Computes the regularised incomplete beta function, and with it Student's t, the beta and the
 * binomial distribution. Arguments and names are R's. Relative errors stay below 1e-9 down to
 * probabilities of 1e-100, for parameters up to 10^6.
 */

/**
 * Stirling's error: ln Γ(z) less (z - 1/2) ln z - z + ln(2π)/2. The series is Abramowitz and Stegun's
 * 6.1.41, whose first term left out is below 1e-18 from 15 on. Γ(z + 1) = z Γ(z) leads there.
 */
function stirlingError(z: number): number {
  let sum = 0;
  for (; z < 15; z++) sum += (z + 0.5) * Math.log1p(1 / z) - 1;
  const w = 1 / (z * z);
  const series = 1 / 12 -
    w * (1 / 360 - w * (1 / 1260 - w * (1 / 1680 - w * (1 / 1188 - w * 691 / 360360))));
  return sum + series / z;
}

/** ln(value/centre), from their difference where they are close. */
const logRatio = (value: number, centre: number, difference: number): number =>
  Math.abs(difference) < centre / 2 ? Math.log1p(difference / centre) : Math.log(value / centre);

/**
 * x^a y^b / B(a, b) for y = 1 - x. Powers and B are expanded about their common peak a/(a + b), as
 * C. Loader does for the binomial density ("Fast and accurate computation of binomial probabilities",
 * 2000): their logarithms, which for large a and b are large, cancel exactly.
 */
function betaPower(x: number, y: number, a: number, b: number): number {
  const [peakX, peakY] = [a / (a + b), b / (a + b)];
  const difference = x < 0.5 ? x - peakX : peakY - y;
  const logarithm = a * logRatio(x, peakX, difference) + b * logRatio(y, peakY, -difference) +
    stirlingError(a + b) - stirlingError(a) - stirlingError(b);
  return Math.exp(logarithm) * Math.sqrt(a * peakY / (2 * Math.PI));
}

/** Iterations grow with √max(a, b); 10^6 needs some hundred. */
const mostIterations = 100_000;
/** Stands for a 0 in Lentz's method. */
const tiny = 1e-300;

/**
 * The continued fraction of Abramowitz and Stegun's 26.5.8 by W. Lentz's method ("Generating Bessel
 * functions in Mie scattering calculations using continued fractions", 1976) as I. Thompson and
 * A. Barnett changed it (1986). It converges fast for x < (a + 1)/(a + b + 2).
 */
function betaFraction(x: number, a: number, b: number): number {
  const nonZero = (value: number) => Math.abs(value) < tiny ? tiny : value;
  let c = 1;
  let d = 1 / nonZero(1 - (a + b) * x / (a + 1));
  let fraction = d;
  for (let m = 1; m < mostIterations; m++) {
    const even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / nonZero(1 + even * d);
    c = nonZero(1 + even / c);
    fraction *= c * d;
    const odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / nonZero(1 + odd * d);
    c = nonZero(1 + odd / c);
    fraction *= c * d;
    if (Math.abs(c * d - 1) < 1e-15) return fraction;
  }
  throw new RangeError(`the incomplete beta function of ${a} and ${b} at ${x} does not converge`);
}

/** I_x(a, b) for y = 1 - x, which the caller knows better than a subtraction does. */
function incompleteBeta(x: number, y: number, a: number, b: number): number {
  if (Number.isNaN(x + a + b)) return NaN;
  if (!(a > 0 && b > 0)) throw new RangeError(`expected a > 0 and b > 0, found ${a} and ${b}`);
  if (x <= 0) return 0;
  if (y <= 0) return 1;
  const power = betaPower(x, y, a, b);
  return x < (a + 1) / (a + b + 2)
    ? power * betaFraction(x, a, b) / a
    : 1 - power * betaFraction(y, b, a) / b;
}

/** The number between `low` and `high` up to which `isBelow` holds, by bisection to the last bit. */
function bisect(isBelow: (x: number) => boolean, low: number, high: number): number {
  for (;;) {
    const middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) return high;
    if (isBelow(middle)) low = middle;
    else high = middle;
  }
}

const checkProbability = (p: number): void => {
  if (!(p >= 0 && p <= 1)) throw new RangeError(`expected a probability, found ${p}`);
};

/** Probability that Student's t with `freedom` degrees of freedom is at most t, or above it. */
export function pt(t: number, freedom: number, _ncp?: undefined, lower = true): number {
  const square = t * t;
  const x = 1 / (1 + square / freedom);
  const y = 1 / (1 + freedom / square);
  const beyond = incompleteBeta(x, y, freedom / 2, 0.5) / 2;
  return lower === t < 0 ? beyond : 1 - beyond;
}

/** The quantile of Student's t that `pt` gives the probability p. */
export function qt(p: number, freedom: number, _ncp?: undefined, lower = true): number {
  checkProbability(p);
  if (Number.isNaN(freedom)) return NaN;
  if (p === 0.5) return 0;
  const tail = Math.min(p, 1 - p);
  const isBelow = (t: number) => pt(t, freedom, undefined, false) > tail;
  let high = 1;
  while (isBelow(high)) high *= 2;
  const t = bisect(isBelow, 0, high);
  return lower === p < 0.5 ? -t : t;
}

/** Probability that a beta variable is at most x, or above it. */
export const pbeta = (x: number, a: number, b: number, _ncp?: undefined, lower = true): number =>
  lower ? incompleteBeta(x, 1 - x, a, b) : incompleteBeta(1 - x, x, b, a);

/** The quantile of the beta distribution that `pbeta` gives the probability p. */
export function qbeta(p: number, a: number, b: number, _ncp?: undefined, lower = true): number {
  checkProbability(p);
  if (Number.isNaN(a + b)) return NaN;
  if (p === 0 || p === 1) return lower === (p === 1) ? 1 : 0;
  const isBelow = lower
    ? (x: number) => pbeta(x, a, b) < p
    : (x: number) => pbeta(x, a, b, undefined, false) > p;
  return bisect(isBelow, 0, 1);
}

/** Probability of at most `count` successes of `size`, or of more. */
export function pbinom(count: number, size: number, probability: number, lower = true): number {
  checkProbability(probability);
  const whole = Math.floor(count);
  if (whole < 0) return lower ? 0 : 1;
  if (whole >= size) return lower ? 1 : 0;
  return lower
    ? incompleteBeta(1 - probability, probability, size - whole, whole + 1)
    : incompleteBeta(probability, 1 - probability, whole + 1, size - whole);
}
