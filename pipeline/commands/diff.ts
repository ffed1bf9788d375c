/**
 * `diff A [B]`: compares two runs, by default A with `latest`: whether they agree, by how much they
 * differ, where they first diverge and why. Reads and hashes both.
 */
import { Tolerances } from "../../schemas/run/tolerances.ts";
import { Failed } from "../engine/failed.ts";
import { compareRuns } from "../diff/compare.ts";
import { type Level, levels } from "../diff/agreement.ts";
import { markdownText } from "../diff/render/diff_markdown.ts";
import { spreadsFor } from "../grade/replicate_spread.ts";
import { terminalText } from "../diff/render/diff_terminal.ts";
import { openConsole } from "../terminal/progress.ts";
import { readJson } from "../formats/read_json.ts";
import type { RemoteOptions } from "../remote/address.ts";
import { writeResult } from "../terminal/result_file.ts";
import { openNamed } from "./open_named.ts";
import type { Comparison } from "../../schemas/run/comparison.ts";
import { complain, print } from "../terminal/print.ts";
import { printJson } from "../terminal/print_json.ts";
import { sourcesOfRuns } from "../runs/source_text.ts";
import { outputColumns } from "../terminal/wrapped.ts";
import { shownPath } from "../terminal/user_path.ts";
import {
  defineViewer,
  file,
  type Place,
  refuseBeside,
  result,
  toggle,
  value,
} from "./flags/flags.ts";
import { json, oneOf, runs } from "./flags/shared_flags.ts";
import { farRuns, remoteOf } from "./flags/remote_flags.ts";

export const command = defineViewer({
  about: "compares two runs: do they agree, by how much, where they diverge",
  operands: runs(1, 2, "A [B]"),
  flags: {
    level: value(
      "LEVEL",
      `the weakest agreement that passes: ${levels.join(", ")} (default within)`,
    ),
    tolerances: file("FILE", "replaces the declared tolerances; form: schemas/run/tolerances.ts"),
    expected: file("FILE", "takes the spread of replicates from this file of expected metrics"),
    html: result("FILE", "writes a page that overlays the charts of both runs"),
    markdown: toggle("prints Markdown, for an issue or a pull request"),
    patch: toggle("also prints the changed lines of the source files behind the code"),
    all: toggle("also lists every output, tensor and metric that differs"),
    ...farRuns,
    json,
  },
  look(place, { operands: [a, b = "latest"], level, ...given }) {
    if (given.json && given.markdown) {
      const message = "expected one of --json and --markdown, found both.";
      throw new Failed({ reason: "usage", message });
    }
    if (given.markdown) refuseBeside("--markdown folds the rest and counts it", { all: given.all });
    const remote = remoteOf(given);
    const checked = oneOf("level", levels, level ?? "within");
    return diff(place, { a, b, ...given, level: checked, remote });
  },
});

interface DiffOptions {
  a: string;
  b: string;
  level: Level;
  /** A file of tolerances that take the place of the declared ones. */
  tolerances?: string;
  /** A file of expected metrics with the spread of replicates; by default the committed one. */
  expected?: string;
  /** File to write the page to. */
  html?: string;
  /** Store to search for runs that are not on this machine. */
  remote?: RemoteOptions;
  json: boolean;
  markdown: boolean;
  /** Show the changed lines of source files. */
  patch: boolean;
  /** Show everything that differs. */
  all: boolean;
}

/** 0: they agree; 1: they differ; 2: undecided, because bytes are missing. */
export const exitCodes: Record<Comparison["verdict"], number> = {
  agree: 0,
  differ: 1,
  undecided: 2,
};

async function diff(place: Place, options: DiffOptions): Promise<number> {
  const { root, artifacts } = place;
  const tolerances = options.tolerances === undefined
    ? undefined
    : readTolerances(options.tolerances);
  using a = await openNamed(artifacts, options.a, options.remote);
  using b = await openNamed(artifacts, options.b, options.remote);
  using view = openConsole();
  const comparison = await compareRuns(a, b, {
    level: options.level,
    tolerances,
    spreads: spreadsFor(artifacts, a, b, options.expected),
    rehash: true,
    // The page draws those that it shows.
    pictures: options.html !== undefined && options.json,
    patch: options.patch || options.html !== undefined,
    readSource: sourcesOfRuns(root, artifacts, [a, b]),
    onProgress: view.task("diff", `compares ${a.name} and ${b.name}`, "outputs"),
  });
  view.close();
  if (options.html !== undefined) {
    const { scriptedComparison } = await import("../report/write_report.ts");
    writeResult(options.html, await scriptedComparison(place, comparison, a, b));
    complain(`Written to ${shownPath(options.html)}.`);
  }
  const shown = options.patch ? comparison : { ...comparison, patch: null };
  if (options.json) printJson(shown);
  else if (options.markdown) print(markdownText(shown).trimEnd().split("\n"));
  else print(terminalText(shown, { all: options.all, columns: outputColumns() }));
  return exitCodes[comparison.verdict];
}

/** In bytes. */
const largestTolerances = 1 << 20;

/** Throws a failure that names the file and each place that does not fit. */
export const readTolerances = (path: string): Tolerances =>
  readJson(path, Tolerances, {
    limit: largestTolerances,
    isLossless: true,
    hint: "Expected { version: 1, outputs?, metrics? }; schemas/run/tolerances.ts has its form.",
  });
