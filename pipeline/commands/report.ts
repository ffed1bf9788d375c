/** `report`: the report of a run, or of how two compare, as one HTML file; its path is printed. */
import { pathToFileURL } from "node:url";
import { openConsole } from "../terminal/progress.ts";
import { Failed } from "../engine/failed.ts";
import { openNamed } from "./open_named.ts";
import { withoutLoader } from "../engine/machine/loader_variables.ts";
import type { Project } from "../engine/project/project.ts";
import { checkWritable } from "../terminal/result_file.ts";
import type { RunSource } from "../runs/run_source.ts";
import { jsonLines } from "../terminal/escape.ts";
import { print } from "../terminal/print.ts";
import { shownPath } from "../terminal/user_path.ts";

export interface ReportOptions {
  /** One or two as `openRun` takes them; by default the newest. */
  runs: readonly string[];
  /** Show it in the browser. */
  open: boolean;
  json: boolean;
}

export async function report(project: Project, options: ReportOptions): Promise<number> {
  const { artifacts } = project;
  const [name = "latest", other] = options.runs;
  using first = await openNamed(artifacts, name);
  const { path, problems } = other === undefined
    ? await reportOf(project, first)
    : await reportOfTwo(artifacts, first, other);
  const shown = shownPath(path);
  print(options.json ? jsonLines({ report: shown, problems }) : shown);
  if (options.open) await openInBrowser(pathToFileURL(path).href);
  return 0;
}

async function reportOf(project: Project, source: RunSource) {
  const { writeReport } = await import("../report/write_report.ts");
  const written = await writeReport(project, source);
  using view = openConsole();
  for (const message of written.problems) view.notice({ reason: "not-in-report", message });
  return written;
}

async function reportOfTwo(artifacts: string, a: RunSource, other: string) {
  const [{ comparisonPath, writeComparison }, { compareRuns }, { spreadsFor }] = await Promise.all([
    import("../report/write_report.ts"),
    import("../diff/compare.ts"),
    import("../grade/replicate_spread.ts"),
  ]);
  using b = await openNamed(artifacts, other);
  const path = comparisonPath(artifacts, a, b);
  checkWritable(path);
  using view = openConsole();
  const comparison = await compareRuns(a, b, {
    level: "within",
    spreads: spreadsFor(artifacts, a, b),
    rehash: true,
    pictures: true,
    onProgress: view.task("report", `compares ${a.name} and ${b.name}`, "outputs"),
  });
  await writeComparison(artifacts, comparison, a, b);
  return { path, problems: [] };
}

/** Programs that open an address in the user's browser, by system. */
const openers: Partial<Record<typeof Deno.build.os, [program: string, ...args: string[]]>> = {
  darwin: ["open"],
  windows: ["explorer"],
};

export async function openInBrowser(address: string): Promise<void> {
  const [program, ...args] = openers[Deno.build.os] ?? ["xdg-open"];
  try {
    const options = { args: [...args, address], env: withoutLoader };
    const { success } = await new Deno.Command(program, options).output();
    // Windows' explorer gives 1 also when it has opened it.
    if (success || Deno.build.os === "windows") return;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  throw new Failed({ reason: "not-opened", program, address });
}
