/** Runs that tests archive, and the crates of runs. */
import { artifactsOf, descriptions } from "../../pipeline/archive/contents.ts";
import type { Credits } from "../../pipeline/archive/credits.ts";
import type { ExchangeListener } from "../../pipeline/archive/receive_run.ts";
import { crateOf } from "../../pipeline/archive/ro_crate.ts";
import { type MadeUpJob, type MadeUpRun, madeUpRun, metricsBytes } from "./made_up_run.ts";
import { utf8 } from "./utf8.ts";

/** Credits that name nobody. */
export const nobody: Credits = { authors: [] };

/** Hears of an exchange and shows nothing. */
export const quiet: ExchangeListener = { onProgress() {}, onNotice() {} };

const numbers: MadeUpJob = {
  name: "numbers/first",
  stage: "source",
  parameters: { values: [1, 2], name: "ünï cödé %", ratio: 0.5, deep: { a: null } },
  outputs: { numbers: utf8("[1,2]\n"), "odd name #1%.txt": utf8("x") },
};

/** A complete run of three jobs. */
export const wholeRun = () =>
  madeUpRun([
    numbers,
    {
      name: "double/first",
      stage: "double",
      status: "cached",
      inputs: { numbers: ["numbers/first", "numbers"] },
      outputs: {
        numbers: utf8("[2,4]\n"),
        copy: utf8("[1,2]\n"),
        metrics: metricsBytes({ sum: 6 }),
      },
    },
    {
      name: "double/again",
      stage: "double",
      inputs: { numbers: ["double/first", "numbers"] },
      parameters: { times: 2 },
      outputs: { numbers: utf8("[4,8]\n") },
    },
  ]);

/** A run of which a job failed, and with it the one that needs its output. */
export const failedRun = () =>
  madeUpRun([
    numbers,
    {
      name: "fragile/first",
      stage: "fragile",
      status: "failed",
      inputs: { numbers: ["numbers/first", "numbers"] },
    },
    {
      name: "after/first",
      stage: "after",
      status: "skipped",
      inputs: { numbers: ["fragile/first", "numbers"] },
    },
  ]);

/** The RO-Crate of a run. */
export const crateOfRun = ({ manifest, files }: MadeUpRun, credits = nobody) =>
  crateOf(
    manifest,
    artifactsOf(manifest),
    new Map([
      ...[...files].map(([path, { length }]) => [path, length] as const),
      ...descriptions.map((path) => [path, 1] as const),
    ]),
    credits,
  );
