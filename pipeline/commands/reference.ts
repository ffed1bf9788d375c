/**
 * `reference`: how a run differs from the reference run, and with `--update --yes` makes that run the
 * reference, after showing it. The files are meant to be committed.
 */
import { join } from "node:path";
import { compareRuns } from "../diff/compare.ts";
import { notComparable } from "../grade/against_reference.ts";
import { spreadsFor } from "../grade/replicate_spread.ts";
import { terminalText } from "../diff/render/diff_terminal.ts";
import { outputColumns } from "../terminal/wrapped.ts";
import { Failed } from "../engine/failed.ts";
import { deviationText, isWhole } from "../engine/project/deviation.ts";
import { deviationOfRun, type Project } from "../engine/project/project.ts";
import {
  mainReference,
  placeOfReference,
  referenceOf,
  referencePath,
  writeReference,
} from "../runs/reference_run.ts";
import { checkWritable } from "../terminal/result_file.ts";
import type { RunSource } from "../runs/run_source.ts";
import { openRun } from "../runs/open_run.ts";
import { openNamed } from "./open_named.ts";
import { bytes, count } from "../terminal/numbers.ts";
import { exitCodes } from "./diff.ts";
import { complain, print, printSentences } from "../terminal/print.ts";
import { printJson } from "../terminal/print_json.ts";
import { shownPath } from "../terminal/user_path.ts";
import { defineViewer, type Place, toggle } from "./flags/flags.ts";
import { json, runs } from "./flags/shared_flags.ts";

export const command = defineViewer({
  about: "compares a run with the reference run, or makes it the reference",
  operands: runs(0, 1, "[RUN]"),
  flags: {
    update: toggle("makes the run (default latest) the reference, after showing the differences"),
    force: toggle("accepts a run of some jobs, or with other parameters"),
    yes: toggle("with --update: writes it; without it nothing is written"),
    json,
  },
  look(place, { operands: [run = "latest"], ...given }, load) {
    return reference(place, { run, ...given }, load);
  },
});

interface ReferenceOptions {
  run: string;
  update: boolean;
  /** Make it the reference although it is a part, or has other parameters. */
  force: boolean;
  yes: boolean;
  json: boolean;
}

/** Gives as `diff` does whether the run agrees with the reference; 0 when it has become it. */
async function reference(
  { artifacts }: Place,
  { run, update, force, yes, json }: ReferenceOptions,
  load: () => Promise<Project>,
): Promise<number> {
  if (!update && (yes || force)) {
    const message = `reference --${yes ? "yes" : "force"} needs --update; found it alone.`;
    throw new Failed({ reason: "usage", message });
  }
  using source = await openNamed(artifacts, run);
  const place = placeOfReference(artifacts, source.manifest);
  if (update) {
    checkWritable(join(referencePath(artifacts, place), "manifest.json"));
    await refuseUnfit(load, source, force);
  }
  let code = 0;
  const compared = referenceOf(artifacts, source.manifest);
  if (compared !== undefined && (!update || compared === place)) {
    using old = await openRun(artifacts, compared);
    if (!update) refuseOther(old, source);
    const comparison = await compareRuns(old, source, {
      level: "within",
      spreads: spreadsFor(artifacts, old, source),
      rehash: false,
      pictures: false,
    });
    if (json) printJson(comparison);
    else print(terminalText(comparison, { all: false, columns: outputColumns() }));
    code = exitCodes[comparison.verdict];
  } else if (!update) {
    const message =
      `There is no reference run. "deno task reference --update --yes" makes the run ` +
      `${run} it.`;
    throw new Failed({ reason: "usage", message });
  }
  if (!update) return code;
  if (!yes) {
    if (!json) printSentences("The reference is as it was; --yes renews it.");
    return code;
  }
  const kept = writeReference(source, artifacts, place);
  const all = source.manifest.jobs.reduce((sum, job) => sum + Object.keys(job.outputs).length, 0);
  const size = bytes(kept.reduce((sum, one) => sum + one.size, 0));
  const title = place === mainReference ? "the reference run" : `the reference run ${place}`;
  const text = `${source.manifest.run} is ${title} now: its manifest, metrics and claims, ` +
    `and ${kept.length} of ${count(all, "artifact")}, ${size}. ` +
    `Commit ${shownPath(referencePath(artifacts, place))}.`;
  if (json) complain(text);
  else printSentences(text);
  return 0;
}

/** Refuses to compare what `reproduce` does not compare either: another experiment, other parameters. */
function refuseOther(reference: RunSource, { name, manifest }: RunSource): void {
  const isWholeRun = isWhole(manifest.deviation);
  const why = notComparable(reference.manifest, manifest, { whole: isWholeRun });
  if (why === undefined) return;
  const run = reference.manifest.run;
  const message = `The run ${name} is not compared with the reference run ${run}, ${why}. ` +
    `"deno task diff ${reference.name} ${name}" compares them all the same.`;
  throw new Failed({ reason: "usage", message });
}

/** Refuses a run that is not complete and, without `force`, what is more likely a slip than a reference. */
async function refuseUnfit(
  load: () => Promise<Project>,
  { name, manifest }: RunSource,
  force: boolean,
): Promise<void> {
  if (manifest.status !== "complete") {
    const message = `The run ${name} is ${manifest.status}; a reference must be complete.`;
    throw new Failed({ reason: "usage", message });
  }
  if (force) return;
  const deviation = await deviationOfRun(await load(), manifest);
  if (isWhole(deviation)) return;
  const run = name === manifest.run ? name : `${name}, ${manifest.run},`;
  const message =
    `The reference stays as it is: the run ${run} ${deviationText(deviation)}. Name ` +
    `another run, or add --force to make this one the reference.`;
  throw new Failed({ reason: "usage", message });
}
