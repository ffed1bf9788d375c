/** Finds all damage of a project's artifacts: its store, its caches, its runs, the reference, packages. */
import { join } from "node:path";
import { damagedBundles } from "../engine/code/bundle_store.ts";
import { editedPackages } from "../engine/code/package_content.ts";
import { wordFailure } from "../engine/failed.ts";
import type { Project } from "../engine/project/project.ts";
import type { DigestSet } from "../store/digest_set.ts";
import { isSameFile } from "../store/link.ts";
import {
  damagedCaches,
  damageOfStore,
  quarantine,
  type StoreDamage,
} from "../store/store_damage.ts";
import { type Amount, blobPath, moveAside, type Store } from "../store/store.ts";
import {
  type Damage,
  damageOfLatest,
  damageOfOrder,
  damageOfReference,
  damageOfRun,
} from "./integrity.ts";
import { latestPath, runIds } from "./latest.ts";
import { runDirectory, runsPath } from "./read_manifest.ts";
import { hasReference } from "./reference_run.ts";
import { exists } from "../store/existence.ts";

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
  { root, artifacts }: Pick<Project, "root" | "artifacts">,
  store: Store,
): Promise<{ found: Record<Place, Problem[]>; blobs: Amount }> {
  // Runs are listed before the blobs, so that what a run adds meanwhile is not missed.
  const runs = runIds(artifacts);
  const { damage, blobs, whole } = await damageOfStore(store);
  const users = usersOf(artifacts, runs, new Set(damage.map(({ sha256 }) => sha256)));
  const of = ({ sha256, ...damage }: StoreDamage): Problem => ({
    path: damage.path,
    problem: damage.problem,
    usedBy: users.get(sha256 ?? "") ?? [],
    movedTo: damage.movedTo,
  });
  const found = {
    store: damage.map(of),
    caches: damagedCaches(store).map(of),
    code: damagedBundles(store.caches).flatMap(({ path, expected, found }) => {
      const problem = `expected code with SHA-256 ${expected}, found ${found}`;
      return quarantine(path, problem, () => moveAside(store, path)) ?? [];
    }).map(of),
    packages: [...editedPackages(root, store.caches)]
      .map((edited): Problem => ({ path: edited.path, problem: wordFailure(edited), usedBy: [] })),
    ...problemsOfRecords(artifacts, store, runs, whole),
  };
  return { found, blobs };
}

/** Returns for each damaged blob the runs' outputs that consist of it. */
function usersOf(
  artifacts: string,
  runs: readonly string[],
  damaged: ReadonlySet<string | undefined>,
): Map<string, string[]> {
  const users = new Map<string, string[]>();
  for (const id of damaged.size === 0 ? [] : runs) {
    for (const job of runDirectory(artifacts, id).manifest?.jobs ?? []) {
      for (const [name, { sha256 }] of Object.entries(job.outputs)) {
        if (!damaged.has(sha256)) continue;
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
  runs: readonly string[],
  whole: DigestSet,
): Record<"run" | "order" | "latest" | "reference", Problem[]> {
  // A link to a whole blob has been hashed already.
  const isWhole = (path: string, sha256: string) =>
    whole.has(sha256) && isSameFile(path, blobPath(store, sha256));
  const of = (damage: readonly Damage[], user: string) =>
    damage.map((one): Problem => ({ ...one, usedBy: [user] }));
  return {
    run: runs.map((id) => ({ id, path: join(runsPath(artifacts), id) }))
      .filter(({ path }) => exists(join(path, "manifest.json")))
      .flatMap(({ id, path }) => of(damageOfRun(path, isWhole), `run ${id}`)),
    order: of(damageOfOrder(artifacts), "the order of runs"),
    latest: exists(latestPath(artifacts)) ? of(damageOfLatest(artifacts), "latest") : [],
    reference: hasReference(artifacts) ? of(damageOfReference(artifacts), "the reference run") : [],
  };
}
