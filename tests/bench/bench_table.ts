/** Makes the table of a benchmark from its rows, for the terminal and for docs/performance.md. */
import { significant } from "../../pipeline/terminal/numbers.ts";
import {
  type Benchmark,
  type BenchmarkName,
  Measure,
  type MeasuredRow,
  type Spread,
} from "../../schemas/assignment/bench_results.ts";

const labels: Record<Measure, string> = {
  msAStep: "ms a step",
  msATestSet: "ms a test set",
  secondsAnEpochAndTest: "s an epoch and test set",
  gigaflopsASecond: "GFLOP/s",
  shareOfFmaPeak: "of the FMA peak",
  msAnEpoch: "ms an epoch",
  msADispatch: "ms a dispatch",
  shareOfStep: "of the step",
  seconds: "s",
  microsecondsAFile: "µs a file",
  peakMegabytes: "MB of memory",
  artifactsMegabytes: "MB of artifacts",
  millionWeightsASecond: "million weights a second",
  ms: "ms",
  megabytesASecond: "MB/s",
  shareOfReading: "of reading",
  msAJob: "ms a job",
  submitMs: "submit, ms",
  queueAndStartMs: "queue and start, ms",
  loadMs: "load, ms",
  workerAndInputsMs: "worker and inputs, ms",
  runAndStoreMs: "run and store, ms",
};

const isShare = (measure: Measure): boolean => measure.startsWith("shareOf");

/** Three digits, without an exponent: `0.0213`, `3.05`, `7631`. */
const number = (value: number): string =>
  Math.abs(value) >= 100 ? String(Math.round(value)) : significant(value);

/** The median, and in brackets the least and the largest value where they differ from it. */
function cell({ median, low, high }: Spread, format: (value: number) => string): string {
  const [middle, from, to] = [median, low, high].map(format);
  return from === to ? middle : `${middle} (${from} to ${to})`;
}

const value = (measure: Measure, spread: Spread | undefined): string => {
  if (spread === undefined) return "";
  return cell(spread, isShare(measure) ? (share) => `${number(100 * share)} %` : number);
};

const ratio = (spread: Spread | undefined): string =>
  spread === undefined ? "" : cell(spread, number);

/** Benchmarks of several sizes that are shown with a column a size, and the measure in it. */
const bySize: Partial<Record<BenchmarkName, Measure>> = {
  theory: "millionWeightsASecond",
  "no-op": "ms",
};

const nameOf = (row: Benchmark["rows"][number]): string => {
  const { contestant } = row;
  if (row.status === "missing" || row.extrapolatedFrom === null) return contestant;
  return `${contestant}, from ${row.extrapolatedFrom.steps} steps`;
};

/** The table's header and rows. Every contestant of the benchmark has a row. */
export function benchTable(name: BenchmarkName, benchmark: Benchmark): string[][] {
  const measure = bySize[name];
  return measure === undefined ? oneRowEach(benchmark) : oneColumnASize(benchmark, measure);
}

function oneRowEach({ rows, ours }: Benchmark): string[][] {
  const measured = rows.filter((row): row is MeasuredRow => row.status === "measured");
  const measures = Measure.options.filter((one) =>
    measured.some(({ values }) => values[one] !== undefined)
  );
  const compared = ours.filter((our) => measured.some(({ timesOurs }) => our in timesOurs));
  const hasSizes = rows.some(({ size }) => size !== null);
  const sizeOf = ({ size }: { size: number | null }) => hasSizes ? [String(size ?? "")] : [];
  const width = measures.length + compared.length;
  return [
    [
      "contestant",
      ...(hasSizes ? ["size"] : []),
      ...measures.map((one) => labels[one]),
      ...compared.map((our) => `times ${our}`),
    ],
    ...rows.map((row) => {
      const head = [nameOf(row), ...sizeOf(row)];
      if (row.status === "missing") {
        return [...head, row.reason, ...Array.from({ length: width - 1 }, () => "")];
      }
      return [
        ...head,
        ...measures.map((one) => value(one, row.values[one])),
        ...compared.map((our) => ratio(row.timesOurs[our])),
      ];
    }),
  ];
}

/** Values by contestant and size; a second row of each contestant has its ratios to ours. */
function oneColumnASize({ rows, ours: [our] }: Benchmark, measure: Measure): string[][] {
  const sizes = [...new Set(rows.map(({ size }) => size))];
  const names = [...new Set(rows.map(({ contestant }) => contestant))];
  const at = (name: string, size: number | null) =>
    rows.find((row) => row.contestant === name && row.size === size);
  return [
    ["contestant", "", ...sizes.map(String)],
    ...names.flatMap((name) => {
      const cells = sizes.map((size) => at(name, size));
      const values = cells.map((row) =>
        row?.status === "measured" ? value(measure, row.values[measure]) : row?.reason ?? ""
      );
      const head = [name, labels[measure], ...values];
      const isMeasured = cells.some((row) => row?.status === "measured");
      if (name === our || !isMeasured) return [head];
      const ratios = cells.map((row) =>
        row?.status === "measured" ? ratio(row.timesOurs[our]) : ""
      );
      return [head, ["", `times ${our}`, ...ratios]];
    }),
  ];
}
