/**
 * `reference`: how a run differs from the reference run, and with `--update` makes that run the
 * reference, after showing it. The files are meant to be committed.
 */
import { compareRuns } from "../comparison/compare.ts";
import { spreadsFor } from "../comparison/spreads.ts";
import { terminalText } from "../comparison/terminal.ts";
import { Failed } from "../event.ts";
import { openSource } from "../exchange/archive_source.ts";
import type { Project } from "../project.ts";
import { hasReference, writeReference } from "../reference.ts";
import { bytes, count } from "../table.ts";
import { exitCodes } from "./diff.ts";
import { complain, escaped, print, printJson } from "../terminal.ts";

export interface ReferenceOptions {
  run: string;
  update: boolean;
  yes: boolean;
  json: boolean;
}

/** Gives as `diff` does whether the run agrees with the reference; 0 when it has become it. */
export async function reference(
  { artifacts }: Project,
  { run, update, yes, json }: ReferenceOptions,
): Promise<number> {
  using source = await openSource(artifacts, run);
  let code = 0;
  if (hasReference(artifacts)) {
    using old = await openSource(artifacts, "reference");
    const comparison = await compareRuns(old, source, {
      level: "within",
      spreads: spreadsFor(artifacts, old, source),
      rehash: false,
      pictures: false,
    });
    if (json) printJson(comparison);
    else print(terminalText(comparison, { all: false }));
    code = exitCodes[comparison.verdict];
  } else if (!update) {
    const message = `There is no reference run. "deno task reference --update" makes the run ` +
      `${run} it.`;
    throw new Failed({ reason: "usage", message });
  }
  if (!update) return code;
  const agreed = yes || (!json && Deno.stdin.isTerminal() &&
    confirm(escaped(`Make ${source.manifest.run} the reference run?`)));
  if (!agreed) {
    if (!json) print("The reference is as it was; --yes renews it.");
    return code;
  }
  const kept = writeReference(source, artifacts);
  const all = source.manifest.jobs.reduce((sum, job) => sum + Object.keys(job.outputs).length, 0);
  const size = bytes(kept.reduce((sum, one) => sum + one.size, 0));
  const text =
    `${source.manifest.run} is the reference run now: its manifest, metrics and claims, and ` +
    `${kept.length} of ${count(all, "artifact")}, ${size}. Commit artifacts/reference/.`;
  if (json) complain(text);
  else print(text);
  return 0;
}
