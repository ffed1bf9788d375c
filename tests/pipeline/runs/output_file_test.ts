/** Tests that exports, pushes and readers take whole bytes of a run's outputs from the store where its own are not. */
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { exportRun } from "../../../pipeline/archive/export_run.ts";
import { archivedFiles } from "../../../pipeline/archive/archive_source.ts";
import type { Notice } from "../../../pipeline/engine/event.ts";
import { Failed } from "../../../pipeline/engine/failed.ts";
import { openRun } from "../../../pipeline/runs/open_run.ts";
import { remoteFiles } from "../../../pipeline/remote/remote_source.ts";
import { pushRun } from "../../../pipeline/remote/push_run.ts";
import { blobPath, openStore, putBlob } from "../../../pipeline/store/store.ts";
import { nobody, quiet } from "../../support/archived_runs.ts";
import { madeUpRun, place as placeRun } from "../../support/made_up_run.ts";
import { nginx, password, user } from "../../support/nginx.ts";
import { clientOf } from "../../support/remote_place.ts";
import { utf8 } from "../../support/utf8.ts";
import { type Workspace, workspace } from "../../support/workspace.ts";

const numbers = utf8("[1,2]\n");
const run = madeUpRun([{ name: "numbers/first", stage: "source", outputs: { numbers } }]);
const id = run.manifest.run;
const { sha256, file } = run.manifest.jobs[0].outputs.numbers;

const damages: Record<string, (path: string) => void> = {
  "other bytes": (path) => Deno.writeTextFileSync(path, "[1,3]\n"),
  "fewer bytes": (path) => Deno.truncateSync(path, 2),
  nothing: (path) => Deno.removeSync(path),
  "a directory": (path) => {
    Deno.removeSync(path);
    Deno.mkdirSync(path);
  },
};

/** The made-up run under `name` in a workspace, its one output damaged, and in the store or not. */
function damagedRun(
  { path }: Workspace,
  name: string,
  damage: (path: string) => void,
  isStored: boolean,
) {
  const artifacts = join(path, name, "artifacts");
  placeRun(artifacts, run);
  const store = openStore(join(artifacts, "store"));
  if (isStored) putBlob(store, numbers);
  const own = join(artifacts, "runs", id, file);
  damage(own);
  return { artifacts, store, own, archive: join(path, name, "run.zip") };
}

Deno.test("a run whose file of an output is damaged is exported and pushed with the store's bytes, and says so", async () => {
  await using place = await workspace();
  for (const [name, damage] of Object.entries(damages)) {
    await using server = await nginx(place);
    const { artifacts, own, archive } = damagedRun(place, name, damage, true);
    using client = clientOf(server.url, {
      credentials: { FANIN_REMOTE_USER: user, FANIN_REMOTE_PASSWORD: password },
    });
    const notices: Notice[] = [];
    const listener = { ...quiet, onNotice: (notice: Notice) => notices.push(notice) };
    await exportRun(artifacts, id, archive, nobody, listener);
    await pushRun(artifacts, id, client, listener);
    assertEquals(
      notices.map((notice) => [notice.reason, "path" in notice && notice.path]),
      [["output-from-store", own], ["output-from-store", own]],
      name,
    );
    const elsewhere = join(place.path, name, "elsewhere");
    using archived = await openRun(elsewhere, archive, { archive: archivedFiles });
    assertEquals(archived.read("numbers/first", "numbers"), numbers, name);
    const remote = {
      url: client.url,
      files: (id: string) => remoteFiles(elsewhere, id, client, quiet),
    };
    using pushed = await openRun(elsewhere, id, { remote });
    assertEquals(pushed.read("numbers/first", "numbers"), numbers, name);
  }
});

Deno.test("a run whose file of an output is missing is read with the store's bytes, by cat and every comparison", async () => {
  await using place = await workspace();
  const { artifacts } = damagedRun(place, "gone", Deno.removeSync, true);
  using source = await openRun(artifacts, id);
  assertEquals(source.inspect("numbers/first", "numbers").state, "whole");
  assertEquals(source.read("numbers/first", "numbers"), numbers);
  const { artifacts: bare } = damagedRun(place, "nowhere", Deno.removeSync, false);
  using lost = await openRun(bare, id);
  assertEquals(lost.inspect("numbers/first", "numbers").state, "absent");
});

Deno.test("an output that is whole nowhere is neither exported nor pushed; the message names it and the way out", async () => {
  await using place = await workspace();
  await using server = await nginx(place);
  using client = clientOf(server.url, {
    credentials: { FANIN_REMOTE_USER: user, FANIN_REMOTE_PASSWORD: password },
  });
  for (const [name, damage] of Object.entries(damages)) {
    const { artifacts, archive } = damagedRun(place, name, damage, false);
    for (
      const send of [
        () => exportRun(artifacts, id, archive, nobody, quiet),
        () => pushRun(artifacts, id, client, quiet),
      ]
    ) {
      const { message } = await assertRejects(send, Failed);
      assertStringIncludes(message, `${file} of the run ${id} is damaged or missing`, name);
      assertStringIncludes(message, `"deno task verify"`);
    }
  }
});

Deno.test("a file that is linked to its damaged blob is whole nowhere", async () => {
  await using place = await workspace();
  const { artifacts, store, own, archive } = damagedRun(place, "a", Deno.removeSync, true);
  Deno.linkSync(blobPath(store, sha256), own);
  await exportRun(artifacts, id, archive, nobody, quiet);
  Deno.chmodSync(own, 0o644);
  Deno.writeTextFileSync(own, "[1,3]\n");
  Deno.removeSync(archive);
  const error = await assertRejects(() => exportRun(artifacts, id, archive, nobody, quiet), Failed);
  assertEquals(error.failure.reason, "lost-output");
});
