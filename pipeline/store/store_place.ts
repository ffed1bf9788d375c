/**
 * Names the places of a store: `FANIN_STORE` moves what several users can share out of `artifacts/store`.
 * What saves time for one checkout alone, the bundled code among it, always stays in `artifacts/store`.
 * Imports nothing that takes time to load.
 */
/** The environment variable that names the directory of the store; empty counts as unset. */
export const storeVariable = "FANIN_STORE";

/** The directory that `FANIN_STORE` names, as it is written there; undefined where it names none. */
export const sharedPlace = (): string | undefined => Deno.env.get(storeVariable) || undefined;

/** The directory of caches that belong to one directory of artifacts. */
export const cachesPath = (artifacts: string): string => `${artifacts}/store`;

/** The directory that `FANIN_STORE` names; undefined where it is `artifacts/store`, however it is written. */
export function sharedStore(artifacts: string): string | undefined {
  const shared = sharedPlace();
  return shared === undefined || isSameDirectory(shared, cachesPath(artifacts))
    ? undefined
    : shared;
}

function isSameDirectory(one: string, other: string): boolean {
  try {
    return Deno.realPathSync(one) === Deno.realPathSync(other);
  } catch {
    // One of them is not there; whoever needs it says so.
    return false;
  }
}

/** The directory of blobs, entries, locks and temporary files. */
export const storePath = (artifacts: string): string =>
  sharedStore(artifacts) ?? cachesPath(artifacts);
