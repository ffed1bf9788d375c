/**
 * Reads what a program reports of its progress in what it prints. A report is a line of its own: how far it has
 * come, what it counts if it says so, and any number of metrics.
 *
 *     fanin: 3/25 loss=0.41
 *     fanin: 3/25 epochs train-loss=0.41 accuracy=0.87
 */
import type { Listener } from "../effects.ts";

interface Report {
  done: number;
  total: number;
  unit: string;
  metrics: [name: string, value: number][];
}

const form = /^fanin: (\d{1,15})\/(\d{1,15})((?: [^\s=]+)?)((?: [^\s=]+=\S+)*) *$/;

/** Parses a line; undefined for one that is no report. */
export function parseReport(line: string): Report | undefined {
  const [, done, total, unit, metrics] = form.exec(line.trimEnd()) ?? [];
  if (done === undefined || Number(total) === 0 || Number(done) > Number(total)) return undefined;
  const pairs = metrics.trim().split(" ").filter((pair) => pair !== "");
  const values = pairs.map((pair): [string, number | undefined] => {
    const at = pair.indexOf("=");
    return [pair.slice(0, at), numberIn(pair.slice(at + 1))];
  });
  if (!values.every(isMetric)) return undefined;
  return {
    done: Number(done),
    total: Number(total),
    unit: unit.trim() || "steps",
    metrics: values,
  };
}

/** Removes the lines that are reports from what a program printed, unless there are no others. */
export function withoutReports(text: string): string {
  const own = text.split("\n").filter((line) => parseReport(line) === undefined).join("\n");
  return own.trim() === "" ? text : own;
}

const isMetric = (pair: [string, number | undefined]): pair is [string, number] =>
  pair[1] !== undefined;

/** The number that a text is, NaN and the infinities as Python, C and JavaScript print them; undefined if none. */
function numberIn(text: string): number | undefined {
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return Number(text);
  const [, sign, word] = /^([+-]?)(nan|inf(?:inity)?)$/i.exec(text) ?? [];
  if (word === undefined) return undefined;
  if (word.toLowerCase() === "nan") return NaN;
  return sign === "-" ? -Infinity : Infinity;
}

/** Characters of a line that are kept while its end is awaited; a report is shorter. */
const longest = 1000;

/** Metrics that are passed on of one program: each is a line in the run's log. */
const mostMetrics = 100_000;

/** Finds reports in a text that arrives in pieces, and passes them to a listener. */
export function readReports(
  { progress, measured }: Pick<Listener, "progress" | "measured">,
): { read(text: string): void } {
  let open = "";
  let left = mostMetrics;
  return {
    read(text) {
      const lines = `${open}${text}`.split("\n");
      open = lines.pop()!.slice(0, longest);
      for (const line of lines) {
        const report = line.startsWith("fanin:") ? parseReport(line) : undefined;
        if (report === undefined) continue;
        const { done, total, unit, metrics } = report;
        progress({ done, total, unit });
        for (const [metric, value] of metrics) {
          if (left-- > 0) measured({ metric, step: done, value });
        }
      }
    },
  };
}
