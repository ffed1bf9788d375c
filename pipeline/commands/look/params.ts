/** `params`: the parameters of a run as `--set` takes them, or those in which two runs differ. */
import { dotted } from "../../engine/project/job_names.ts";
import { differencesBetween, tellingTexts } from "../../engine/value_differences.ts";
import { count } from "../../terminal/numbers.ts";
import { print } from "../../terminal/print.ts";
import { printJson } from "../../terminal/print_json.ts";
import { fittedTable } from "../../terminal/text_table.ts";
import { outputColumns } from "../../terminal/wrapped.ts";
import { defineViewer } from "../flags/flags.ts";
import { openNamed } from "../open_named.ts";
import { json, runs } from "../flags/shared_flags.ts";
import { defaultRun } from "./run_operand.ts";
import { parameterRows, parametersOf } from "./run_words.ts";

const operands = runs(0, 2, "[RUN | A B]");

export const command = defineViewer({
  about: "shows the parameters of a run, or those that differ in two",
  operands: { ...operands, about: `${operands.about} Without a name it is latest.` },
  flags: { json },
  async look({ artifacts }, { operands: [name = defaultRun, other], json }) {
    using first = await openNamed(artifacts, name);
    const own = parametersOf(first.manifest);
    if (other === undefined) return showOne(first.manifest.run, own, json);
    using second = await openNamed(artifacts, other);
    const ids = [first.manifest.run, second.manifest.run] as const;
    return showDifferences(ids, own, parametersOf(second.manifest), json);
  },
});

type Parameters = ReadonlyMap<string, Record<string, unknown>>;

function showOne(run: string, parameters: Parameters, asJson: boolean): number {
  if (asJson) {
    printJson({ run, parameters: Object.fromEntries(parameters) });
    return 0;
  }
  const rows = [...parameters].flatMap(([job, values]) =>
    Object.entries(values).flatMap(([name, value]) =>
      parameterRows(`${dotted(job)}.${name}`, value)
    )
  );
  print(
    rows.length === 0 ? `The run ${run} has no parameters.` : fittedTable(rows, outputColumns()),
  );
  return 0;
}

interface Difference {
  job: string;
  parameter: string;
  /** Undefined where the run's job has no such parameter. */
  a?: unknown;
  b?: unknown;
}

/** Parameters that differ, of jobs that both runs have. */
function differences(a: Parameters, b: Parameters): Difference[] {
  return [...a].flatMap(([job, own]) => {
    const others = b.get(job);
    if (others === undefined) return [];
    return [...new Set([...Object.keys(own), ...Object.keys(others)])]
      .filter((name) => differencesBetween(own[name], others[name]).length > 0)
      .map((parameter) => ({ job, parameter, a: own[parameter], b: others[parameter] }));
  });
}

function showDifferences(
  [a, b]: readonly [string, string],
  own: Parameters,
  others: Parameters,
  asJson: boolean,
): number {
  const found = differences(own, others);
  const only = (some: Parameters, other: Parameters) =>
    [...some.keys()].filter((job) => !other.has(job));
  const [onlyA, onlyB] = [only(own, others), only(others, own)];
  if (asJson) {
    printJson({ a, b, differences: found, onlyA, onlyB });
    return 0;
  }
  const text = (value: unknown) => value === undefined ? "" : JSON.stringify(value);
  const rowsOf = ({ job, parameter, a, b }: Difference) =>
    differencesBetween(a, b).map(({ path, from, to }) => [
      `${dotted(job)}.${parameter}${path}`,
      ...tellingTexts(text(from), text(to)),
    ]);
  print([
    `A: ${a}`,
    `B: ${b}`,
    "",
    ...(found.length === 0 ? ["Jobs that both have, have the same parameters."] : fittedTable([
      ["Parameter", "A", "B"],
      ...found.flatMap(rowsOf),
    ], outputColumns())),
    ...([["A", onlyA], ["B", onlyB]] as const).flatMap(([side, jobs]) =>
      jobs.length === 0 ? [] : [`${count(jobs.length, "job")} only in ${side}: see deno task show.`]
    ),
  ]);
  return 0;
}
