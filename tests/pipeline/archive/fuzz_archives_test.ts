/** Fuzzes exported runs: the archives, and importing them. */
import { join } from "node:path";
import { Failed } from "../../../pipeline/engine/failed.ts";
import { importRun } from "../../../pipeline/archive/import_run.ts";
import { openArchive } from "../../../pipeline/archive/open_archive.ts";
import { exportRun } from "../../../pipeline/archive/export_run.ts";
import { sha256Of } from "../../../pipeline/store/sha256.ts";
import { blobsIn, openStore } from "../../../pipeline/store/store.ts";
import { fuzz } from "../../support/fuzz.ts";
import {
  filesInArchive,
  madeUpRun,
  metricsBytes,
  place as placeRun,
} from "../../support/made_up_run.ts";
import { utf8 } from "../../support/utf8.ts";
import { workspace } from "../../support/workspace.ts";
import { zipBytes } from "../../support/zip_bytes.ts";
import { exists } from "../../../pipeline/store/existence.ts";
import { quiet } from "../../support/archived_runs.ts";

const place = await workspace();
Deno.test.afterAll(async () => await place[Symbol.asyncDispose]());

const run = madeUpRun([
  { name: "numbers/first", stage: "source", outputs: { numbers: utf8("[1,2]\n") } },
  {
    name: "report/first",
    stage: "report",
    inputs: { numbers: ["numbers/first", "numbers"] },
    outputs: { metrics: metricsBytes({ sum: 3 }), zeros: new Uint8Array(2000) },
  },
]);
placeRun(place.path, run);
const exported = join(place.path, "exported.zip");
await exportRun(place.path, run.manifest.run, exported, { authors: [] }, quiet);
const samples = [
  Deno.readFileSync(exported),
  zipBytes([...filesInArchive(run)].map(([name, data]) => ({ name, data, method: 8 }))),
  zipBytes([...filesInArchive(run)].map(([name, data]) => ({ name, data }))),
];

const file = join(place.path, "run.zip");
/** A caller's limit for one file. */
const limit = 1 << 20;

fuzz({
  name: "an archive: its list, and each of its files",
  samples,
  async read(bytes) {
    Deno.writeFileSync(file, bytes);
    using archive = await openArchive(file);
    return [...archive.sizes.keys()].map((name) => [name, archive.read(name, limit)] as const);
  },
  holds: (files) => files.every(([, bytes]) => bytes!.length <= limit),
  errors: [Failed],
  // The packed and the unpacked bytes of each file, until they are collected.
  bound: (length) => 4 * length + 16 * limit,
  runs: 500,
});

let imports = 0;
fuzz({
  name: "an import: all of it or nothing",
  samples,
  async read(bytes) {
    Deno.writeFileSync(file, bytes);
    const artifacts = join(place.path, `artifacts-${imports++}`);
    try {
      await importRun(artifacts, file, quiet);
      return { artifacts, whole: true };
    } catch (error) {
      const left = ["runs", "store/blobs", "store/actions"]
        .filter((name) => exists(join(artifacts, name)));
      if (left.length > 0) throw new Error(`left ${left}`, { cause: error });
      throw error;
    }
  },
  // Whatever was imported is the run, byte for byte, and what the store has is what it says.
  holds({ artifacts }) {
    const directory = join(artifacts, "runs", run.manifest.run);
    return [...run.files].every(([path, bytes]) =>
      path === "summary.txt" ||
      sha256Of(Deno.readFileSync(join(directory, path))) === sha256Of(bytes)
    ) && [...blobsIn(openStore(join(artifacts, "store")))].every(({ sha256, path }) =>
      sha256Of(Deno.readFileSync(path)) === sha256
    );
  },
  errors: [Failed],
  bound: (length) => 8 * length + (32 << 20),
  runs: 120,
});
