/** Words facts about a run that several views show. */
import type { Deviation, Manifest } from "../../../schemas/run/manifest.ts";
import { shortJson } from "../../engine/project/deviation.ts";
import { dotted } from "../../engine/project/job_names.ts";
import type { KnownGrade } from "../../grade/known_grade.ts";
import { linesWithin } from "../../terminal/escape.ts";
import { count, precise } from "../../terminal/numbers.ts";

/** Date and minute in UTC, as in ids of runs. */
export const minute = (moment: string): string => moment.slice(0, 16).replace("T", " ");

/** Each changed parameter as `--set` takes it. */
export const changesOf = (deviation: Deviation | undefined): string[] =>
  (deviation?.changed ?? []).map(({ job, parameter, to }) =>
    `${dotted(job)}.${parameter}=${shortJson(to)}`
  );

/** `96.5/100`, or nothing for a run without a grade. */
export const gradeText = (grade: KnownGrade | null): string =>
  grade === null ? "" : `${precise(grade.points)}/${precise(grade.maxPoints)}`;

/** Says that grades are not known, because the project cannot be loaded; `problem` says why. */
export const unknownGrades = (runs: number, problem: string): string[] =>
  linesWithin(`${count(runs, "run")} cannot be graded now. ${problem}`);

/** Parameters of each job of a run, by job and name. */
export const parametersOf = ({ jobs }: Manifest): Map<string, Record<string, unknown>> =>
  new Map(jobs.map(({ name, parameters }) => [name, parameters]));
