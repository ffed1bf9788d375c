/**
 * Reports on disk: that of a recorded run is `report.html` in its directory, and in `latest` where that
 * shows the run; that of a run which lies elsewhere is in `artifacts/reports/`.
 */
import { basename, dirname, join } from "node:path";
import { readManifest, runsPath } from "../manifest.ts";
import type { RunSource } from "../run_source.ts";
import { replaceFile } from "../small_file.ts";
import { readContent } from "./content.ts";
import { runPage } from "./page.ts";
import { loadScripts } from "./script.ts";

export const reportFile = "report.html";

export interface Written {
  path: string;
  /** What could not be shown; the report says so too. */
  problems: string[];
}

/** Builds the report of a run and writes it. */
export async function writeReport(artifacts: string, source: RunSource): Promise<Written> {
  const { run } = source.manifest;
  const isRecorded = source.form === "run";
  const path = isRecorded
    ? join(runsPath(artifacts), run, reportFile)
    : join(artifacts, "reports", `${run}.html`);
  const content = readContent(source, isRecorded ? "" : undefined);
  const page = await runPage(content, [], await loadScripts("report", join(artifacts, "store")));
  Deno.mkdirSync(dirname(path), { recursive: true });
  replaceFile(path, page);
  const latest = join(artifacts, "latest");
  if (isRecorded && isOf(latest, run)) replaceFile(join(latest, basename(path)), page);
  return { path, problems: content.problems };
}

/** Whether the newest run's directory shows this run. */
function isOf(latest: string, run: string): boolean {
  try {
    return readManifest(latest).run === run;
  } catch {
    // There is none, or another process is replacing it: its own report comes with it.
    return false;
  }
}
