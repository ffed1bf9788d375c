/**
 * Moves blobs between a store and a remote one, piece by piece: hashes them on their way up and down, so
 * that neither side ever gets bytes that are not those of their name.
 */
import { join } from "node:path";
import type { StoredOutput } from "../../schemas/run/action.ts";
import { Failed } from "../engine/failed.ts";
import { largest } from "../runs/largest_files.ts";
import { hashFile, hashing, startHash } from "../store/sha256.ts";
import { ifThere } from "../store/existence.ts";
import { blobPath, type Store } from "../store/store.ts";
import { makeDirectory, toFile } from "../store/atomic_write.ts";
import type { Client } from "./client.ts";
import { RemoteFailure } from "./remote_failure.ts";
import type { Answer } from "./request.ts";

/**
 * Downloads a blob to a new file in `directory`: read-only, on the disk, and with the right bytes, read
 * back from there. Gives its path, or undefined where the remote has none.
 */
export async function downloadBlob(
  client: Client,
  { sha256, size }: StoredOutput,
  directory: string,
  { signal, onBytes = () => {} }: { signal: AbortSignal; onBytes?: (bytes: number) => void },
): Promise<string | undefined> {
  if (size > largest.output) {
    const message =
      `cas/${sha256} is said to have ${size} bytes; expected ${largest.output} at most`;
    throw new RemoteFailure("lying", message);
  }
  makeDirectory(directory);
  return await client.blob(sha256, size, async (pieces) => {
    const path = join(directory, crypto.randomUUID());
    const file = toFile(path);
    let length = 0;
    try {
      const counted = async function* () {
        for await (const piece of checkedPieces(pieces, { sha256, size })) {
          length += piece.length;
          onBytes(piece.length);
          yield piece;
        }
      };
      await ReadableStream.from(counted()).pipeTo(file);
      const found = hashFile(path);
      if (found === sha256) return path;
      throw new Error(`expected bytes with SHA-256 ${sha256} in ${path}, found ${found}`);
    } catch (error) {
      onBytes(-length);
      try {
        Deno.removeSync(path);
      } catch { /* The first error is the one to tell. */ }
      throw error;
    }
  }, signal);
}

/** Reads a small blob; undefined where the remote has none. */
export function readRemoteBlob(
  client: Client,
  { sha256, size }: StoredOutput,
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  return client.blob(sha256, size, async (pieces) => {
    const bytes = new Uint8Array(size);
    let length = 0;
    for await (const piece of checkedPieces(pieces, { sha256, size })) {
      bytes.set(piece, length);
      length += piece.length;
    }
    return bytes;
  }, signal);
}

/** Reads all of a blob in the remote, to tell whether its bytes are those of its name. */
export async function stateOfRemoteBlob(
  client: Client,
  { sha256, size }: StoredOutput,
  signal: AbortSignal,
): Promise<"whole" | "absent" | "damaged"> {
  try {
    const state = await client.blob(sha256, size, async (pieces) => {
      for await (const _ of checkedPieces(pieces, { sha256, size }));
      return "whole" as const;
    }, signal);
    return state ?? "absent";
  } catch (error) {
    if (error instanceof RemoteFailure && error.trouble === "lying") return "damaged";
    throw error;
  }
}

/** The pieces of a blob as they come. Throws after the last one if they are not the bytes of its name. */
async function* checkedPieces(
  pieces: Answer["body"],
  { sha256, size }: StoredOutput,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const hash = startHash();
  let length = 0;
  for await (const piece of pieces) {
    length += piece.length;
    if (length > size) throw wrongBytes(sha256, `more than the ${size} bytes expected`);
    hash.update(piece);
    yield piece;
  }
  if (length < size) {
    // An answer without a length ends so where it is cut off on its way, and where the file there is cut off.
    const found = `${length} of the ${size} bytes expected`;
    throw wrongBytes(sha256, found, { isTransient: true });
  }
  const found = hash.digest("hex");
  if (found !== sha256) throw wrongBytes(sha256, `bytes with the SHA-256 ${found}`);
}

const wrongBytes = (
  sha256: string,
  found: string,
  options?: ConstructorParameters<typeof RemoteFailure>[2],
): RemoteFailure => new RemoteFailure("lying", `as cas/${sha256} it gave ${found}`, options);

/**
 * Uploads the bytes that `open` gives as the blob of their name, unless it is there; `always` asks no
 * questions, where what is there is known to be wrong. Other bytes are never sent to their end, so that
 * the server does not keep them: a `Failed` says so.
 */
export async function uploadBlob(
  client: Client,
  { sha256, size }: StoredOutput,
  open: () => ReadableStream<Uint8Array<ArrayBuffer>>,
  { signal, always = false }: { signal: AbortSignal; always?: boolean },
): Promise<"there" | "sent"> {
  if (!always && await client.hasBlob(sha256, size, signal)) return "there";
  const checked = () =>
    open().pipeThrough(hashing((found, length) => {
      if (found === sha256 && length === size) return;
      throw new Failed({ reason: "damaged-blob", sha256, found });
    }));
  await client.putBlob(sha256, size, checked, signal);
  return "sent";
}

/** A blob of the store as a stream. Throws a `Failed` where it is not there. */
export function openBlob(store: Store, sha256: string): ReadableStream<Uint8Array<ArrayBuffer>> {
  const file = ifThere(() => Deno.openSync(blobPath(store, sha256)));
  if (file === undefined) throw new Failed({ reason: "missing-blob", sha256 });
  return file.readable;
}
