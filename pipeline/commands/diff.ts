/**
 * `diff A B`: whether two runs agree, by how much they differ, and where and why they first part. Reads
 * and hashes both; what it finds is made in `pipeline/comparison/`.
 */
import { z } from "zod";
import { Tolerances } from "../../schemas/tolerances.ts";
import { compareRuns } from "../comparison/compare.ts";
import type { MetricSpread } from "../comparison/figures.ts";
import type { Level } from "../comparison/ladder.ts";
import { markdownText } from "../comparison/markdown.ts";
import { terminalText } from "../comparison/terminal.ts";
import { openConsole } from "../console.ts";
import { Failed } from "../event.ts";
import { openSource } from "../exchange/archive_source.ts";
import type { Project } from "../project.ts";
import type { Comparison } from "../../schemas/comparison.ts";
import { print, printJson } from "../terminal.ts";

export interface DiffOptions {
  a: string;
  b: string;
  level: Level;
  /** A file of tolerances that take the place of the declared ones. */
  tolerances?: string;
  json: boolean;
  markdown: boolean;
  /** Show what is identical too. */
  all: boolean;
}

/** 0: they agree; 1: they differ; 2: it cannot be told, as bytes are missing that would tell. */
export const exitCodes: Record<Comparison["verdict"], number> = {
  agree: 0,
  differ: 1,
  undecided: 2,
};

export async function diff({ artifacts }: Project, options: DiffOptions): Promise<number> {
  const tolerances = options.tolerances === undefined
    ? undefined
    : readTolerances(options.tolerances);
  using a = await openSource(artifacts, options.a);
  using b = await openSource(artifacts, options.b);
  const view = openConsole();
  view.show({ type: "started", job: "diff", about: `compares ${a.name} and ${b.name}` });
  let comparison: Comparison;
  try {
    comparison = await compareRuns(a, b, {
      level: options.level,
      tolerances,
      spreads: new Map<string, MetricSpread>(),
      rehash: true,
      pictures: false,
      onProgress: (done, total) =>
        view.show({ type: "progress", job: "diff", done, total, unit: "outputs" }),
    });
  } finally {
    view.close();
  }
  if (options.json) printJson(comparison);
  else if (options.markdown) print(markdownText(comparison).trimEnd());
  else print(terminalText(comparison, options));
  return exitCodes[comparison.verdict];
}

function readTolerances(path: string): Tolerances {
  const invalid = (problems: string) =>
    new Failed({
      reason: "invalid-file",
      path,
      problems,
      mend: "Expected { version: 1, outputs?, metrics? }; schemas/tolerances.ts has its form.",
    });
  let value: unknown;
  try {
    value = JSON.parse(Deno.readTextFileSync(path));
  } catch (error) {
    throw invalid((error as Error).message);
  }
  const result = Tolerances.safeParse(value);
  if (result.success) return result.data;
  throw invalid(z.prettifyError(result.error));
}
