/** The report of a run on disk: `report.html` in the run's directory, and in `latest` if it is that run. */
import { join } from "node:path";
import { readManifest, runsPath } from "../manifest.ts";
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

/** Builds the report of a recorded run and writes it. */
export async function writeReport(artifacts: string, run: string): Promise<Written> {
  const directory = join(runsPath(artifacts), run);
  const manifest = readManifest(directory);
  const content = readContent(directory, manifest);
  const page = await runPage(content, [], await loadScripts("report", join(artifacts, "store")));
  const path = join(directory, reportFile);
  replaceFile(path, page);
  const latest = join(artifacts, "latest");
  if (isOf(latest, run)) replaceFile(join(latest, reportFile), page);
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
