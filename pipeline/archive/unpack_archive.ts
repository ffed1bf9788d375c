/**
 * Unpacks a checked archive into a directory beside the store: hashes artifacts on their way and lays out
 * the run under its readable names. The result is whole, synced and of the right bytes; `commit.ts` puts
 * it in place.
 */
import { join } from "node:path";
import type { Manifest } from "../../schemas/run/manifest.ts";
import type { Notice } from "../engine/event.ts";
import { linkOrCopy } from "../store/link.ts";
import { writeChecksums } from "../runs/checksums.ts";
import { hashing, sha256Of } from "../store/sha256.ts";
import { blobPath, hasBlob, type Store } from "../store/store.ts";
import { toFile, writeAll } from "../store/atomic_write.ts";
import { badArchive } from "./archive.ts";
import { type Artifact, descriptions, outputsOf, pathsOf, type RunFile } from "./contents.ts";
import type { Archive } from "./open_archive.ts";

/** SHA-256 → the file that holds these bytes, for artifacts that the store does not have. */
export type Unpacked = ReadonlyMap<string, string>;

/**
 * Unpacks the artifacts that the store does not have, and reads the others of the archive all the same.
 * Throws a `Failed` at the first whose bytes are not those of its hash.
 */
export async function unpackArtifacts(
  archive: Archive,
  artifacts: readonly Artifact[],
  store: Store,
  directory: string,
  onProgress: (done: number) => void,
): Promise<Unpacked> {
  const unpacked = new Map<string, string>();
  let done = 0;
  for (const artifact of artifacts) {
    const { path, sha256, size } = artifact;
    const known = hasBlob(store, sha256);
    if (known && !archive.sizes.has(path)) {
      onProgress(done += size);
      continue;
    }
    const file = join(directory, sha256);
    const into = known ? nowhere() : toFile(file);
    await pourChecked(archive, artifact, path, into);
    for (const copy of pathsOf(artifact).slice(1)) {
      if (archive.sizes.has(copy)) await pourChecked(archive, artifact, copy, nowhere());
    }
    if (!known) unpacked.set(sha256, file);
    onProgress(done += size);
  }
  return unpacked;
}

/** Pours an artifact from one of its paths. Throws a `Failed` where the bytes there are others. */
async function pourChecked(
  archive: Archive,
  { sha256, size }: Artifact,
  path: string,
  into: WritableStream<Uint8Array>,
): Promise<void> {
  const checked = hashing((found, length) => {
    if (found === sha256 && length === size) return;
    throw badArchive(
      archive.path,
      `${path} has ${length} bytes with the SHA-256 ${found}; its manifest has ${size} with ${sha256}`,
    );
  });
  const written = checked.readable.pipeTo(into);
  // The first failure is reported; the other follows from it.
  await Promise.all([archive.pour(path, checked.writable), written]);
}

/** Hashes the descriptions, which are not kept because they follow from the manifest. */
export async function hashDescriptions(archive: Archive): Promise<Map<string, string>> {
  const hashes = new Map<string, string>();
  for (const path of descriptions) {
    if (!archive.sizes.has(path)) continue;
    const hashed = hashing((sha256) => {
      hashes.set(path, sha256);
    });
    await Promise.all([archive.pour(path, hashed.writable), hashed.readable.pipeTo(nowhere())]);
  }
  return hashes;
}

const nowhere = (): WritableStream<Uint8Array> => new WritableStream();

/** Lays the run out in `directory`: its outputs as links, its own files beside them. */
export function layOutRun(
  directory: string,
  manifest: Manifest,
  files: ReadonlyMap<RunFile, Uint8Array>,
  unpacked: Unpacked,
  store: Store,
  onNotice: (notice: Notice) => void,
): void {
  let copies = false;
  for (const { file, sha256 } of outputsOf(manifest)) {
    const from = unpacked.get(sha256) ?? blobPath(store, sha256);
    const message = linkOrCopy(from, join(directory, file));
    if (message === undefined) continue;
    if (!copies) onNotice({ reason: "copied", path: file, message });
    copies = true;
  }
  Deno.mkdirSync(directory, { recursive: true });
  writeChecksums(
    directory,
    new Map([...files].map(([file, bytes]) => [file, sha256Of(bytes)])),
  );
  for (const [name, bytes] of files) {
    using file = Deno.openSync(join(directory, name), { write: true, createNew: true });
    writeAll(file, bytes);
    file.syncSync();
  }
}
