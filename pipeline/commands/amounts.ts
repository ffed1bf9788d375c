/** Parses sizes and durations as people type them: `20GB`, `1.5 GiB`, `30d`, `12h`. */
import { Failed } from "../engine/failed.ts";

const [second, minute, hour, day] = [1000, 60_000, 3_600_000, 86_400_000];

/** Bytes by unit, in lower case. `K`, `M` and `G` alone are those of `du -h`. */
const sizes: Record<string, number> = Object.fromEntries(
  ["k", "m", "g", "t"].flatMap((letter, i) => [
    [`${letter}b`, 1000 ** (i + 1)],
    [`${letter}ib`, 1024 ** (i + 1)],
    [letter, 1024 ** (i + 1)],
  ]).concat([["b", 1]]),
);

/** Milliseconds by unit. */
const durations: Record<string, number> = Object.fromEntries(
  ([
    [["s", "second", "seconds"], second],
    [["min", "minute", "minutes"], minute],
    [["h", "hour", "hours"], hour],
    [["d", "day", "days"], day],
    [["w", "week", "weeks"], 7 * day],
    [["y", "year", "years"], 365 * day],
  ] as const).flatMap(([names, length]) => names.map((name) => [name, length])),
);

function parseAmount(
  flag: string,
  text: string,
  { units, what, hints }: {
    units: Record<string, number>;
    /** The form that is expected, with examples. */
    what: string;
    /** Advice on units that are not known, by unit; "" is none. */
    hints: Record<string, string>;
  },
): number {
  const [, number = "", letters = ""] = /^(\d+(?:\.\d+)?) ?([a-z]*)$/i.exec(text.trim()) ?? [];
  const unit = letters.toLowerCase();
  const amount = Number(number) * (Object.hasOwn(units, unit) ? units[unit] : NaN);
  if (number !== "" && Number.isFinite(amount)) return amount;
  const hint = number !== "" && Object.hasOwn(hints, unit)
    ? ` ${hints[unit].replaceAll("N", number)}`
    : "";
  const message = `--${flag} expects ${what}, found "${text}".${hint}`;
  throw new Failed({ reason: "usage", message });
}

/** A size in bytes. Throws the usage failure of a flag. */
export const parseSize = (flag: string, text: string): number =>
  parseAmount(flag, text, {
    units: sizes,
    what: "a size, as 20GB or 500MiB",
    hints: { "": "Do you mean NGB?" },
  });

/** A duration in ms. Throws the usage failure of a flag. */
export const parseDuration = (flag: string, text: string): number =>
  parseAmount(flag, text, {
    units: durations,
    what: "a duration, as 30d or 12h",
    hints: {
      "": "Do you mean Nd?",
      m: "Do you mean Nmin? Months are given in days or weeks.",
      month: "Months are given in days or weeks.",
      months: "Months are given in days or weeks.",
    },
  });
