/** `export`: writes one archive with a run, its artifacts and descriptions of it in standard forms. */
import { join } from "node:path";
import { openConsole } from "../terminal/progress.ts";
import { Failed } from "../engine/failed.ts";
import { type Credits, parseAuthor, parseLicense } from "../archive/credits.ts";
import { exportRun } from "../archive/export_run.ts";
import { leftOut } from "../archive/left_out.ts";
import type { Project } from "../engine/project/project.ts";
import { statOf } from "../store/existence.ts";
import { checkNew, checkWritable } from "../terminal/result_file.ts";
import { recordedRun } from "../runs/open_run.ts";
import { hashFile } from "../store/sha256.ts";
import { bytes, count } from "../terminal/numbers.ts";
import { print, printSentences } from "../terminal/print.ts";
import { printJson } from "../terminal/print_json.ts";
import { shownPath } from "../terminal/user_path.ts";
import { defineViewer, type Place, result, toggle, value, values } from "./flags/flags.ts";
import { json, runOfProject } from "./flags/shared_flags.ts";

export const command = defineViewer({
  about: "writes a run, its artifacts and standard metadata as one archive",
  operands: runOfProject,
  flags: {
    output: result("FILE", "where to write (default artifacts/exports/RUN.crate.zip)"),
    author: values("NAME", 'names an author, "Ada Lovelace <ORCID>"; repeat it'),
    "without-data": toggle("leaves out data sets, which others fetch themselves"),
    without: values("SET", "leaves out a job, a group of jobs, a pattern, or JOB/OUTPUT"),
    license: value("SPDX|URL", "the license of the results, such as CC-BY-4.0"),
    json,
  },
  look(place, { operands: [run], author: authors, without: sets, ...given }, load) {
    const options = { run, authors, sets, data: given["without-data"], ...given };
    return exportCommand(place, options, load);
  },
});

interface ExportOptions {
  run: string;
  /** Absent: `artifacts/exports/<run>.crate.zip`. The same export may be there already. */
  output?: string;
  authors: string[];
  /** Leaves out the data. */
  data: boolean;
  /** Jobs and outputs that are left out besides. */
  sets: string[];
  license?: string;
  json: boolean;
}

async function exportCommand(
  { artifacts }: Place,
  options: ExportOptions,
  load: () => Promise<Project>,
): Promise<number> {
  const { id, manifest } = recordedRun(artifacts, options.run);
  const own = join(artifacts, "exports", `${id}.crate.zip`);
  const { output = own } = options;
  // Another file there is refused once the bytes of the export are known.
  if (output === own || statOf(output, Deno.lstatSync)?.isFile) checkWritable(output);
  else checkNew(output);
  const credits = checkedCredits(options);
  // The DAG says which jobs bring data, and nothing else here.
  const dag = options.data ? (await load()).dag : [];
  const isLeftOut = leftOut(manifest, dag, options);
  using view = openConsole();
  const onProgress = view.task("export", `packing the run ${id}`, "bytes");
  const listener = { onProgress, onNotice: view.notice };
  const exported = await exportRun(artifacts, id, output, credits, listener, isLeftOut);
  view.close();
  const { size } = Deno.statSync(output);
  const shown = shownPath(output);
  const report = { run: id, path: shown, size, sha256: hashFile(output), ...exported };
  if (options.json) {
    printJson(report);
    return 0;
  }
  print(shown);
  printSentences([
    `${count(report.files, "file")}, ${bytes(report.bytes)} packed into ${bytes(size)}; ` +
    `SHA-256 ${report.sha256}`,
    ...report.leftOut.artifacts === 0 ? [] : [
      `Left out: ${count(report.leftOut.artifacts, "artifact")}, ` +
      `${bytes(report.leftOut.bytes)}. Whoever imports or grades it needs them in their own store.`,
    ],
  ]);
  return 0;
}

function checkedCredits({ authors: named, license }: ExportOptions): Credits {
  const authors = named.map(parseAuthor);
  const people = authors.map(({ name, orcid }) => orcid ?? name);
  if (new Set(people).size < people.length) {
    throw new Failed({ reason: "usage", message: "--author names somebody twice; expected once." });
  }
  return license === undefined ? { authors } : { authors, license: parseLicense(license) };
}
