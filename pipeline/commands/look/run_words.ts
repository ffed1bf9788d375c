/** Words facts about a run that several views show. */
import type { Deviation, Manifest } from "../../../schemas/run/manifest.ts";
import { shortJson } from "../../engine/project/deviation.ts";
import { dotted } from "../../engine/project/job_names.ts";
import { differencesBetween } from "../../engine/value_differences.ts";
import { isPlain } from "../../formats/json.ts";
import type { KnownGrade } from "../../grade/known_grade.ts";
import { linesWithin } from "../../terminal/escape.ts";
import { count, precise } from "../../terminal/numbers.ts";

/** Date and minute in UTC, as in ids of runs. */
export const minute = (moment: string): string => moment.slice(0, 16).replace("T", " ");

/** Each changed parameter as `--set` takes it. */
export const changesOf = (deviation: Deviation | undefined): string[] =>
  (deviation?.changed ?? []).flatMap(({ job, parameter, from, to }) => {
    const found = differencesBetween(from, to);
    // No `--set` takes away a member that only the experiment has.
    const isSettable = found.every((one) => "to" in one && one.to !== undefined);
    return (isSettable ? found : [{ path: "", to }])
      .map(({ path, to }) => `${dotted(job)}.${parameter}${path}=${shortJson(to)}`);
  });

/** `96.5/100`, or nothing for a run without a grade. */
export const gradeText = (grade: KnownGrade | null): string =>
  grade === null ? "" : `${precise(grade.points)}/${precise(grade.maxPoints)}`;

/** Says that grades are not known, because the project cannot be loaded; `problem` says why. */
export const unknownGrades = (runs: number, problem: string): string[] =>
  linesWithin(`${count(runs, "run")} cannot be graded now. ${problem}`);

/** The lines of a parameter: one, or one for each member of an object. */
export const parameterRows = (path: string, value: unknown): [path: string, value: string][] =>
  isPlain(value) && Object.keys(value).length > 0
    ? Object.entries(value).flatMap(([name, one]) => parameterRows(`${path}.${name}`, one))
    : [[path, shortJson(value)]];

/** Parameters of each job of a run, by job and name. */
export const parametersOf = ({ jobs }: Manifest): Map<string, Record<string, unknown>> =>
  new Map(jobs.map(({ name, parameters }) => [name, parameters]));
