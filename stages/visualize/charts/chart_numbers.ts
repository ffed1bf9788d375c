/** Formats numbers for titles, descriptions, tables and sentences. */

const minus = (text: string): string => text.replace("-", "\u2212");

/** Most decimals of a number that would be rounded to one that it is not. */
const mostDecimals = 12;

/** A number with so many decimals. One that is not 0 is not written as 0: it gets a digit of its own. */
export function fixed(value: number, decimals: number): string {
  const text = value.toFixed(decimals);
  return value !== 0 && Number(text) === 0 ? significant(value, 1) : minus(text);
}

/** A value below `whole` with so many decimals, or as many as show that it is below. */
function below(whole: number, value: number, decimals: number): string {
  let most = decimals;
  while (value < whole && Number(value.toFixed(most)) >= whole && most < mostDecimals) most++;
  return fixed(value, most);
}

/** A probability with so many decimals; one below 1 is not written as 1. */
export const probabilityText = (value: number, decimals: number): string =>
  below(1, value, decimals);

/** 10,000 */
export const count = (value: number): string =>
  minus(String(value).replace(/\B(?=(\d{3})+$)/g, ","));

/** A share of 1: "92.77 %"; one below 1 is not written as 100 %. */
export const percent = (share: number, decimals = 2): string =>
  `${below(100, 100 * share, decimals)} %`;

const raised = (exponent: number): string =>
  String(exponent).replace(
    /[-\d]/g,
    (c) =>
      c === "-"
        ? "\u207b"
        : "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079"[Number(c)],
  );

/** With so many significant digits, and a power of ten where it is far from 1: "3.8 · 10⁻⁹". */
export function significant(value: number, digits = 3): string {
  const [mantissa, exponent] = value.toExponential(digits - 1).split("e");
  const power = Number(exponent);
  if (value === 0 || (power >= -4 && power < 6)) {
    const plain = Number(value.toPrecision(digits));
    return Math.abs(plain) >= 10_000 ? count(plain) : minus(String(plain));
  }
  return `${minus(String(Number(mantissa)))} · 10${raised(power)}`;
}

/** "0.98 to 1.02", or one number where both are written alike. */
export const between = (low: string, high: string): string =>
  low === high ? low : `${low} to ${high}`;

/** "1 image", "2 images". */
export const counted = (number: number, one: string, many = `${one}s`): string =>
  `${count(number)} ${number === 1 ? one : many}`;

/** A value in a specification, where more digits than are drawn only take space. */
export const rounded = (value: number, digits = 5): number => Number(value.toPrecision(digits));

export const last = <T>(items: readonly T[]): T => items[items.length - 1];

/**
 * Ticks of a logarithmic axis about some values: not more than `most` powers of ten, and 2 and 5 times
 * them where there are few.
 */
export function decades(values: readonly number[], most = 12): number[] {
  const from = Math.floor(Math.log10(Math.min(...values)));
  const to = Math.ceil(Math.log10(Math.max(...values)));
  const step = [1, 2, 5, 10, 20, 50, 100].find((step) => (to - from) / step < most) ?? to - from;
  const first = Math.ceil(from / step) * step;
  const powers = Array.from(
    { length: Math.floor((to - first) / step) + 1 },
    (_, i) => 10 ** (first + i * step),
  );
  return to - from > 1
    ? powers
    : powers.flatMap((power) => [1, 2, 5].map((times) => rounded(times * power)));
}
