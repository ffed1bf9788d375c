/** Tables as plain text, for terminals and summaries. */
import { escaped } from "./escape.ts";

/**
 * The lines of a table: columns padded to their widest cell, two spaces apart; those in `right` are set
 * to the right.
 */
export function textTable(
  texts: readonly (readonly string[])[],
  right: readonly number[] = [],
): string[] {
  const rows = texts.map((row) => row.map(escaped));
  const widths = rows.reduce<number[]>(
    (widest, row) => row.map((cell, i) => Math.max(widest[i] ?? 0, cell.length)),
    [],
  );
  return rows.map((row) =>
    row.map((cell, i) => right.includes(i) ? cell.padStart(widths[i]) : cell.padEnd(widths[i]))
      .join("  ").trimEnd()
  );
}

/** Seconds for people: `0.04 s`, `12.3 s`, `4 min 05 s`. */
export function seconds(value: number): string {
  if (value < 1) return `${value.toFixed(2)} s`;
  if (value < 60) return `${value.toFixed(1)} s`;
  const whole = Math.round(value);
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
}

/** Bytes for people, in powers of 1024. */
export function bytes(value: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let power = 0;
  for (; value >= 1024 && power < units.length - 1; power++) value /= 1024;
  return `${power === 0 ? value : value.toFixed(1)} ${units[power]}`;
}

/** `1 job`, `3 jobs`. */
export const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? "" : "s"}`;
