/** `report`: the report of a run, or of how two compare, as one HTML file; its path is printed. */
import { pathToFileURL } from "node:url";
import { openConsole } from "../terminal/progress.ts";
import { Failed } from "../engine/failed.ts";
import { openNamed } from "./open_named.ts";
import type { Project } from "../engine/project/project.ts";
import { checkWritable } from "../terminal/result_file.ts";
import type { RunSource } from "../runs/run_source.ts";
import { jsonLines } from "../terminal/escaped_json.ts";
import { print } from "../terminal/print.ts";
import { openInBrowser } from "./open_in_browser.ts";
import { shownPath } from "../terminal/user_path.ts";
import { defineViewer, type Place, refuseBeside, toggle, value } from "./flags/flags.ts";
import { json, runs } from "./flags/shared_flags.ts";

export const command = defineViewer({
  about: "writes the report of a run, or of two compared, as one HTML file",
  operands: runs(0, 2, "[RUN | A B]"),
  flags: {
    open: toggle("opens it in the browser"),
    watch: toggle("serves a live page of the newest run, with its curves"),
    port: value("N", "with --watch: the port on 127.0.0.1 (default 8765; 0: any free port)"),
    json,
  },
  async look(place, { operands, watch, port, ...given }, load) {
    if (watch) {
      if (operands.length > 0) {
        const message = "report --watch follows the newest run; expected no name.";
        throw new Failed({ reason: "usage", message });
      }
      refuseBeside("report --watch serves a page and writes none", { json: given.json });
      const { watch: follow } = await import("./watch.ts");
      return follow(place, { port: parsePort(port ?? "8765"), open: given.open });
    }
    if (port !== undefined) {
      const message = "report --port needs --watch; found it alone.";
      throw new Failed({ reason: "usage", message });
    }
    return report(place, { runs: operands, ...given }, load);
  },
});

/** 0 is any that is free. */
function parsePort(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) < 65536) return Number(text);
  const message = `--port expects a number from 0 to 65535, found "${text}".`;
  throw new Failed({ reason: "usage", message });
}

interface ReportOptions {
  /** One or two as `openRun` takes them; by default the newest. */
  runs: readonly string[];
  /** Show it in the browser. */
  open: boolean;
  json: boolean;
}

async function report(
  place: Place,
  options: ReportOptions,
  load: () => Promise<Project>,
): Promise<number> {
  const { artifacts } = place;
  const [name = "latest", other] = options.runs;
  using first = await openNamed(artifacts, name);
  const { path, problems } = other === undefined
    ? await reportOf(place, first, load)
    : await reportOfTwo(place, first, other);
  const shown = shownPath(path);
  print(options.json ? jsonLines({ report: shown, problems }) : shown);
  if (options.open) await openInBrowser(pathToFileURL(path).href);
  return 0;
}

async function reportOf(place: Place, source: RunSource, load: () => Promise<Project>) {
  const { writeReport } = await import("../report/write_report.ts");
  const written = await writeReport(place, source, { load });
  using view = openConsole();
  for (const message of written.problems) view.notice({ reason: "not-in-report", message });
  return written;
}

async function reportOfTwo(place: Place, a: RunSource, other: string) {
  const { root, artifacts } = place;
  const [
    { comparisonPath, writeComparison },
    { compareRuns },
    { spreadsFor },
    { sourcesOfRuns },
  ] = await Promise.all([
    import("../report/write_report.ts"),
    import("../diff/compare.ts"),
    import("../grade/replicate_spread.ts"),
    import("../runs/source_text.ts"),
  ]);
  using b = await openNamed(artifacts, other);
  const path = comparisonPath(artifacts, a, b);
  checkWritable(path);
  using view = openConsole();
  const comparison = await compareRuns(a, b, {
    level: "within",
    spreads: spreadsFor(artifacts, a, b),
    rehash: true,
    pictures: false,
    patch: true,
    readSource: sourcesOfRuns(root, artifacts, [a, b]),
    onProgress: view.task("report", `compares ${a.name} and ${b.name}`, "outputs"),
  });
  await writeComparison(place, comparison, a, b);
  return { path, problems: [] };
}
