/** Formats numbers and lists for people. */

/** The value to so many significant digits, without trailing zeros. */
export const significant = (value: number, digits = 3): string =>
  String(Number(value.toPrecision(digits)));

/** Whole numbers whole, others to three digits: `0.0004`, `3.05e-5`. Enough to tell distances apart. */
export function compact(value: number): string {
  if (Number.isInteger(value)) return String(value);
  const rounded = Number(value.toPrecision(3));
  return Math.abs(rounded) < 1e-4 ? rounded.toExponential() : String(rounded);
}

/** Decimals at which a difference of this size shows three digits. */
function decimalsFor(scale: number): number {
  if (!(scale > 0) || !Number.isFinite(scale)) return 4;
  return Math.max(0, 2 - Math.floor(Math.log10(scale)));
}

/** With more decimals `toFixed` shows what the binary number has beyond its own digits. */
const mostDecimals = 15;

const trimmed = (text: string): string => text.includes(".") ? text.replace(/\.?0+$/, "") : text;

/** Integers of 64 bits and below are shown with all their digits. */
const mostWhole = 18446744073709551616;

/** A value to the digits in which differences of the size `scale` show, by default its own size. */
export function precise(value: number | bigint, scale?: number): string {
  if (typeof value === "bigint") return String(value);
  if (!Number.isFinite(value)) return String(value);
  if (Number.isInteger(value) && Math.abs(value) <= mostWhole) return String(BigInt(value));
  const size = Math.abs(value);
  if (size < 1e-5 || size >= 1e15) return preciseExtreme(value, scale ?? 0);
  const decimals = Math.max(decimalsFor(size) + 1, decimalsFor(scale ?? size));
  return decimals > mostDecimals ? String(value) : trimmed(value.toFixed(decimals));
}

/** The same of a value too small or too large for a fixed number of decimals. */
function preciseExtreme(value: number, scale: number): string {
  const orders = Math.floor(Math.log10(Math.abs(value))) - Math.floor(Math.log10(scale));
  const digits = scale > 0 ? Math.min(17, Math.max(4, orders + 3)) : 4;
  const rounded = Number(value.toPrecision(digits));
  // The largest numbers are rounded up to infinity.
  return String(Number.isFinite(rounded) ? rounded : value);
}

/** A share of 1 as `12.5 %`; one below 1 has as many digits as show that it is below: `99.9997 %`. */
export function percent(share: number): string {
  const value = 100 * share;
  let text = compact(value);
  for (let digits = 4; share < 1 && Number(text) >= 100 && digits < 15; digits++) {
    text = significant(value, digits);
  }
  return `${text} %`;
}

/** `0.8 to 0.9`, `at least 0.8`, `at most 0.9`; an end that is null is open. */
export function range(
  { low, high }: { low: number | null; high: number | null },
  format: (value: number) => string = significant,
): string {
  if (low === null) return high === null ? "any value" : `at most ${format(high)}`;
  if (high === null) return `at least ${format(low)}`;
  const [from, to] = [format(low), format(high)];
  return from === to ? from : `${from} to ${to}`;
}

/** `a, b and c`, or with another word before the last. */
export const listed = (items: readonly string[], word = "and"): string =>
  items.length < 2
    ? items.join()
    : `${items.slice(0, -1).join(", ")} ${word} ${items[items.length - 1]}`;

/** `a, b and 3 more`: at most so many names, and how many are left. */
export const someOf = (names: readonly string[], most: number): string =>
  names.slice(0, most).join(", ") + (names.length > most ? ` and ${names.length - most} more` : "");

/** `1 job`, `3 jobs`. */
export const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? "" : "s"}`;

/** Seconds: `0.04 s`, `12.3 s`, `4 min 05 s`. */
export function seconds(value: number): string {
  if (value < 1) return `${value.toFixed(2)} s`;
  if (value < 59.95) return `${value.toFixed(1)} s`;
  const whole = Math.round(value);
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
}

/** Seconds that go by while somebody watches: `4 s`, `4 min 05 s`, `2 h 10 min`. */
export function duration(value: number): string {
  const whole = Math.round(value);
  if (whole < 3600) return whole < 60 ? `${whole} s` : seconds(whole);
  const minutes = Math.round(whole / 60);
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}

/** Bytes, in powers of 1024: `512 B`, `1.5 MiB`. */
export function bytes(value: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let power = 0;
  for (; value >= 1024 && power < units.length - 1; power++) value /= 1024;
  return `${power === 0 ? value : value.toFixed(1)} ${units[power]}`;
}
