/**
 * Repairs the files of a run that follow from its manifest and its artifacts: metrics, claims and
 * summary. So no command uses a damaged one.
 */
import { join } from "node:path";
import type { Manifest } from "../../schemas/run/manifest.ts";
import type { Notice } from "../engine/event.ts";
import { Failed } from "../engine/failed.ts";
import { noticeLines } from "../engine/words/notices.ts";
import { readManifest, runsPath } from "./read_manifest.ts";
import { sha256Of } from "../store/sha256.ts";
import { storeOf } from "../store/store.ts";
import { complain } from "../terminal/print.ts";
import { writeWhole } from "../store/atomic_write.ts";
import { hashAt, readChecksums, writeChecksums } from "./checksums.ts";
import { gather, gatheredFiles, gatheredNames } from "./gathered.ts";
import { outputFile } from "./output_file.ts";
import { isUnwritable } from "../store/group_rights.ts";

/**
 * Repairs the run of an id, and `latest` where that shows the run. Gives the files that cannot be written
 * there, by name. Throws a `Failed` if the manifest or an artifact is damaged too. Leaves a run alone that was
 * cut off, or that has no recorded hashes.
 */
export function repairRun(
  artifacts: string,
  run: string,
): ReadonlyMap<string, Uint8Array<ArrayBuffer>> {
  const directory = join(runsPath(artifacts), run);
  const checksums = readChecksums(directory);
  const hash = (file: string) => hashAt(join(directory, file));
  if (checksums === undefined || hash("manifest.json") === undefined) return new Map();
  const damaged = gatheredNames.filter((file) => hash(file) !== checksums.get(file));
  if (damaged.length === 0) return new Map();
  const manifest = readManifest(directory);
  const files = gatheredFiles(manifest, gather(manifest.jobs, artifactsOf(artifacts, manifest)));
  const bytes = new Map<string, Uint8Array<ArrayBuffer>>(
    damaged.map((file) => [file, new TextEncoder().encode(files[file])]),
  );
  // Other hashes than recorded where this version words the file otherwise.
  const hashes = [...bytes].map(([file, bytes]): [string, string] => [file, sha256Of(bytes)]);
  const write = () => {
    if (hashes.some(([file, sha256]) => checksums.get(file) !== sha256)) {
      writeChecksums(directory, new Map([...checksums, ...hashes]));
    }
    for (const place of [directory, ...latestShowing(artifacts, run)]) {
      for (const [file, content] of bytes) {
        writeWhole(join(place, file), content, { scratch: directory, mode: 0o644 });
      }
    }
  };
  const isWritten = isAllowed(write);
  for (const file of damaged) {
    complain(noticeLines({ reason: "made-again", path: join(directory, file), isWritten }));
  }
  return isWritten ? new Map() : bytes;
}

/** Writes where that is allowed, and tells so. */
function isAllowed(write: () => void): boolean {
  try {
    write();
    return true;
  } catch (error) {
    if (isUnwritable(error)) return false;
    throw error;
  }
}

/** Reads artifacts of a run, in its directory or in the store; hashes each. */
function artifactsOf(artifacts: string, { run, jobs }: Manifest) {
  const directory = join(runsPath(artifacts), run);
  const store = storeOf(artifacts);
  const files = new Map(
    jobs.flatMap(({ outputs }) => Object.values(outputs)).map(({ sha256, file }) => [sha256, file]),
  );
  const onNotice = (notice: Notice) => complain(noticeLines(notice));
  return (sha256: string): Uint8Array => {
    const output = { sha256, file: files.get(sha256)! };
    return Deno.readFileSync(outputFile(store, { run, directory }, output, onNotice));
  };
}

/** The directory `latest`, if it shows the run. */
function latestShowing(artifacts: string, run: string): string[] {
  const latest = join(artifacts, "latest");
  try {
    return readManifest(latest).run === run ? [latest] : [];
  } catch (error) {
    if (error instanceof Failed) return [];
    throw error;
  }
}
