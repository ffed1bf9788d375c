/**
 * Looks in two versions of an artifact for signs of why they differ: times at which the runs went on,
 * places and names of the runs, the same words or bytes in another order.
 */
import type { SourceKind } from "../../../schemas/run/audit_report.ts";

/** Traces that one run could leave in an artifact. */
export interface Traces {
  /** Its begin and end by its own clock, in ms since 1970. */
  from: number;
  to: number;
  /** Directories of its own: project, artifacts. */
  places: readonly string[];
  /** Home and name of its user. */
  user: readonly string[];
}

export interface Evidence {
  kind: Extract<SourceKind, "time" | "path" | "user" | "order">;
  why: string;
}

/** Longer texts are compared by their bytes alone. */
const longestText = 8 << 20;

/** Finds what the two versions show; undefined where they show nothing. */
export function evidenceIn(
  a: Uint8Array,
  b: Uint8Array,
  [tracesA, tracesB]: readonly [Traces, Traces],
): Evidence | undefined {
  const [x, y] = [textIn(a), textIn(b)];
  if (x === undefined || y === undefined) {
    return sameBytes(a, b)
      ? { kind: "order", why: "both have the same bytes, in another order" }
      : undefined;
  }
  const shared = (list: (traces: Traces) => readonly string[]) =>
    list(tracesA).some((one) => x.includes(one) && !y.includes(one)) &&
    list(tracesB).some((one) => y.includes(one) && !x.includes(one));
  if (shared(({ places }) => places)) {
    return { kind: "path", why: "each has the path of its own run in it" };
  }
  if (shared(({ user }) => user)) {
    return { kind: "user", why: "each has the user or the home of its own run in it" };
  }
  const [timeA, timeB] = [timeOf(x, y, tracesA), timeOf(y, x, tracesB)];
  if (timeA !== undefined && timeB !== undefined) {
    return { kind: "time", why: `each has a time of its own run in it: ${timeA}, ${timeB}` };
  }
  if (sameWords(x, y)) {
    return { kind: "order", why: "both have the same words, in another order" };
  }
}

/** Text, where the bytes are some. */
function textIn(bytes: Uint8Array): string | undefined {
  if (bytes.length > longestText || bytes.includes(0)) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

const zoned = /\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(Z|[+-]\d\d:?\d\d)?/g;
const worded = /[A-Z][a-z]{2},? (?:[A-Z][a-z]{2} \d\d|\d\d [A-Z][a-z]{2}) \d{4} \d\d:\d\d:\d\d/g;
const epoch = /(?<![\d.])(?:\d{10}(?:\.\d+)?|\d{13}(?:\.\d+)?|\d{16}|\d{19})(?!\d)/g;

/** A clock that a program rounds to seconds may lie as far outside of the run, in ms. */
const rounding = 1000;
/** A time without a zone may be that of any zone, in ms. */
const anyZone = 14 * 60 * 60 * 1000;

/** A time of the run in a text that the other text does not have. */
function timeOf(text: string, other: string, { from, to }: Traces): string | undefined {
  const isIn = (time: number, slack: number) => time >= from - slack && time <= to + slack;
  const own = (form: RegExp, isOfRun: (word: string, zone: string | undefined) => boolean) =>
    // The other text last: it is searched from its begin for each word.
    text.matchAll(form).map(([word, zone]) => isOfRun(word, zone) ? word : "")
      .find((word) => word !== "" && !other.includes(word));
  return own(zoned, (word, zone) => {
    const slack = zone === undefined ? anyZone : rounding;
    return isIn(Date.parse(word.replace(" ", "T") + (zone ?? "Z")), slack) ||
      zone !== undefined && isIn(Date.parse(word), slack);
  }) ??
    own(worded, (word) => isIn(Date.parse(`${word} GMT`), anyZone)) ??
    own(epoch, (word) => {
      const unit = { 10: 1e3, 13: 1, 16: 1e-3, 19: 1e-6 }[word.split(".")[0].length]!;
      return isIn(Number(word) * unit, rounding);
    });
}

function sameWords(a: string, b: string): boolean {
  const words = (text: string) => (text.match(/[\p{L}\p{N}_.]+/gu) ?? []).sort();
  const [x, y] = [words(a), words(b)];
  return x.length === y.length && x.every((word, i) => word === y[i]);
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  const counts = new Int32Array(256);
  for (let i = 0; i < a.length; i++) {
    counts[a[i]]++;
    counts[b[i]]--;
  }
  return counts.every((count) => count === 0);
}
