/** `import`: brings an exported run into this store, or says why not and changes nothing. */
import { openConsole } from "../terminal/progress.ts";
import { importRun } from "../archive/import_run.ts";
import type { Project } from "../engine/project/project.ts";
import { bytes, count } from "../terminal/numbers.ts";
import { printSentences } from "../terminal/print.ts";
import { printJson } from "../terminal/print_json.ts";
import { tellOtherProject } from "./other_project.ts";
import { defineViewer, type Place } from "./flags/flags.ts";
import { json } from "./flags/shared_flags.ts";

export const command = defineViewer({
  about: "imports an exported run after verifying every byte",
  operands: { least: 1, most: 1, text: "FILE", kind: "file" },
  flags: { json },
  look(place, { operands: [file], json }, load) {
    return importCommand(place, { file, json }, load);
  },
});

async function importCommand(
  place: Place,
  options: { file: string; json: boolean },
  load: () => Promise<Project>,
): Promise<number> {
  using view = openConsole();
  const imported = await importRun(place.artifacts, options.file, {
    onProgress: view.task("import", `unpacking and hashing ${options.file}`, "bytes"),
    onNotice: view.notice,
  });
  view.close();
  await tellOtherProject(place, imported.run, load);
  const { run, jobs, artifacts, added, isNew } = imported;
  const what = `${count(jobs, "job")}, ${count(artifacts, "artifact")}, ${bytes(imported.bytes)}`;
  if (options.json) printJson(imported);
  else {
    printSentences(
      `${isNew ? "Imported" : "Was here already:"} the run ${run}: ${what}; ` +
        `${added} of the artifacts new to the store.`,
    );
  }
  return 0;
}
