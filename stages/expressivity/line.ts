/** Fits a straight line by least squares. */

interface Line {
  slope: number;
  /** Σ (y - line)². */
  residual: number;
  /** √(residual/(n - 2)/Σ(x - x̄)²). */
  slopeStandardError: number;
}

/**
 * The line through points (x, y) with the least sum of squared residuals.
 * @throws RangeError for fewer than three points: two lie on a line and say nothing of its error
 */
export function fitLine(points: readonly (readonly [x: number, y: number])[]): Line {
  const n = points.length;
  if (n < 3) throw new RangeError(`a line's fit: expected three points or more, found ${n}`);
  const xMean = points.reduce((total, [x]) => total + x, 0) / n;
  const yMean = points.reduce((total, [, y]) => total + y, 0) / n;
  const xx = points.reduce((total, [x]) => total + (x - xMean) ** 2, 0);
  const xy = points.reduce((total, [x, y]) => total + (x - xMean) * (y - yMean), 0);
  const slope = xy / xx;
  const intercept = yMean - slope * xMean;
  const residual = points.reduce((total, [x, y]) => total + (y - intercept - slope * x) ** 2, 0);
  return {
    slope,
    residual,
    slopeStandardError: Math.sqrt(residual / (n - 2) / xx),
  };
}
