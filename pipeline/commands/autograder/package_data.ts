/** Finds the data that a package for graders includes: files of the store that jobs brought. */
import { basename } from "node:path";
import { bringsData } from "../../engine/data_jobs.ts";
import type { Job } from "../../engine/dag.ts";
import { Failed } from "../../engine/failed.ts";
import type { Project } from "../../engine/project/project.ts";
import { completeRuns } from "../../runs/latest.ts";
import { runDirectory } from "../../runs/read_manifest.ts";
import { blobPath, hasBlob, type Store } from "../../store/store.ts";
import { shellWord } from "../../terminal/shell_word.ts";
import type { PackedFile } from "./project_files.ts";

/**
 * Files that the jobs among some fetched, as a data directory has them: `mnist/images` for the output
 * `images` of `download/mnist`. The newest run here that has the job says what it gave. Throws a
 * `Failed` that says how to get what the store lacks.
 */
export function packageData(
  { artifacts }: Pick<Project, "artifacts">,
  store: Store,
  jobs: readonly Job[],
): PackedFile[] {
  // Own data lie in the project.
  const fetching = jobs.filter((job) => bringsData(job) && job.data === undefined);
  const open = new Set(fetching.map(({ name }) => name));
  const files: PackedFile[] = [];
  for (const id of completeRuns(artifacts)) {
    if (open.size === 0) break;
    for (const { name, outputs } of runDirectory(artifacts, id).manifest?.jobs ?? []) {
      const found = Object.entries(outputs);
      if (!open.has(name) || !found.every(([, { sha256 }]) => hasBlob(store, sha256))) continue;
      open.delete(name);
      files.push(...found.map(([output, { sha256 }]) => ({
        path: `data/${basename(name)}/${output}`,
        from: blobPath(store, sha256),
      })));
    }
  }
  if (open.size === 0) return files;
  const only = [...open].map((name) => `--only ${shellWord(name)}`).join(" ");
  const message =
    `--data included needs what ${[...open].join(", ")} fetched, and no complete run ` +
    `here has it. Run "deno task reproduce ${only}", or take --data fetched.`;
  throw new Failed({ reason: "usage", message });
}
