/** Finds all damage of a project's artifacts: its store, its caches, its runs, the reference, packages. */
import { damagedBundles } from "../engine/code/bundle_store.ts";
import { editedPackages } from "../engine/code/package_content.ts";
import { wordFailure } from "../engine/failed.ts";
import type { Project } from "../engine/project/project.ts";
import { damagedCaches, damageOfStore, type StoreDamage } from "../store/store_damage.ts";
import { blobPath, exists, moveAside, type Store, type Stored } from "../store/store.ts";
import {
  type Damage,
  damageOfLatest,
  damageOfOrder,
  damageOfReference,
  damageOfRun,
  isSameFile,
} from "./integrity.ts";
import { latestPath, runsOf } from "./latest.ts";
import type { RunDirectory } from "./read_manifest.ts";
import { hasReference } from "./reference_run.ts";

interface Problem extends Damage {
  /** Runs and jobs that name it. */
  usedBy: string[];
  /** Path to which damage in the store was moved for inspection. */
  movedTo?: string;
}

type Place =
  | "store"
  | "caches"
  | "code"
  | "packages"
  | "run"
  | "order"
  | "latest"
  | "reference";

/** Reads every byte that is stored. Quarantines what is damaged of the store, and leaves the rest. */
export async function findDamage(
  { root, artifacts }: Project,
  store: Store,
): Promise<{ found: Record<Place, Problem[]>; blobs: Stored[] }> {
  // Runs are read before the blobs are listed, so that what a run adds meanwhile is not missed.
  const runs = [...runsOf(artifacts)];
  const { damage, blobs, whole } = await damageOfStore(store);
  const users = usersOf(runs);
  const of = ({ sha256, ...damage }: StoreDamage): Problem => ({
    path: damage.path,
    problem: damage.problem,
    usedBy: users.get(sha256 ?? "") ?? [],
    movedTo: damage.movedTo,
  });
  const found = {
    store: damage.map(of),
    caches: damagedCaches(store).map(of),
    code: damagedBundles(store.root).map(({ path, expected, found }): Problem => ({
      path,
      problem: `expected code with SHA-256 ${expected}, found ${found}`,
      usedBy: [],
      movedTo: moveAside(store, path),
    })),
    packages: [...editedPackages(root, store.root)]
      .map((edited): Problem => ({ path: edited.path, problem: wordFailure(edited), usedBy: [] })),
    ...problemsOfRecords(artifacts, store, runs, whole),
  };
  return { found, blobs };
}

/** Returns for each blob the runs' outputs that consist of it. */
function usersOf(runs: readonly RunDirectory[]): Map<string, string[]> {
  const users = new Map<string, string[]>();
  for (const { id, manifest } of runs) {
    for (const job of manifest?.jobs ?? []) {
      for (const [name, { sha256 }] of Object.entries(job.outputs)) {
        users.set(sha256, [...users.get(sha256) ?? [], `${job.name} ${name} of run ${id}`]);
      }
    }
  }
  return users;
}

/** The damage of the runs, of `latest` and of the reference; each is read only if it is there. */
function problemsOfRecords(
  artifacts: string,
  store: Store,
  runs: readonly RunDirectory[],
  whole: ReadonlySet<string>,
): Record<"run" | "order" | "latest" | "reference", Problem[]> {
  // A link to a whole blob has been hashed already.
  const isWhole = (path: string, sha256: string) =>
    whole.has(sha256) && isSameFile(path, blobPath(store, sha256));
  const of = (damage: readonly Damage[], user: string) =>
    damage.map((one): Problem => ({ ...one, usedBy: [user] }));
  return {
    run: runs.filter(({ state }) => state !== "unfinished")
      .flatMap(({ id, path }) => of(damageOfRun(path, isWhole), `run ${id}`)),
    order: of(damageOfOrder(artifacts), "the order of runs"),
    latest: exists(latestPath(artifacts)) ? of(damageOfLatest(artifacts), "latest") : [],
    reference: hasReference(artifacts) ? of(damageOfReference(artifacts), "the reference run") : [],
  };
}
