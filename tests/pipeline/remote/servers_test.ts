/** Tests each kind of server for the same promises of a remote store. */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { join } from "node:path";
import { downloadBlob, uploadBlob } from "../../../pipeline/remote/blobs.ts";
import { connect } from "../../../pipeline/remote/client.ts";
import { parseAddress } from "../../../pipeline/remote/address.ts";
import { RemoteFailure } from "../../../pipeline/remote/remote_failure.ts";
import { hashFile, sha256Of } from "../../../pipeline/store/sha256.ts";
import { utf8 } from "../../support/utf8.ts";
import { password, user } from "../../support/nginx.ts";
import { quick } from "../../support/remote_place.ts";
import { type Kind, kinds, type Server } from "../../support/remote_servers.ts";
import { type Workspace, workspace } from "../../support/workspace.ts";
import { testOnLinux } from "../../support/shell.ts";

const { signal } = new AbortController();
const patient = { ...quick, stall: 20_000, grace: 60_000 };
const key = "a".repeat(64);
const absent = "b".repeat(64);
const entry = utf8('{"an":"entry"}');
const MiB = 1 << 20;
const small = utf8("0123456789");
/** More than servers take in one piece, or chunked. */
const big = new Uint8Array(20 * MiB).fill(7);

const blobOf = (bytes: Uint8Array) => ({ sha256: sha256Of(bytes), size: bytes.length });
const opened = (bytes: Uint8Array<ArrayBuffer>) => () =>
  new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      for (let at = 0; at < bytes.length; at += MiB) {
        controller.enqueue(bytes.subarray(at, at + MiB));
      }
      controller.close();
    },
  });

const right = { FANIN_REMOTE_USER: user, FANIN_REMOTE_PASSWORD: password };
const clientOf = ({ url }: Server, credentials = {}) =>
  connect(parseAddress(url, credentials), patient);

/** Puts files where the server finds them, as another's push would. */
async function lay({ files }: Server): Promise<void> {
  for (const part of ["ac", "cas"]) await Deno.mkdir(join(files, part), { recursive: true });
  await Deno.writeFile(join(files, "ac", key), entry);
  for (const bytes of [small, big]) {
    await Deno.writeFile(join(files, "cas", sha256Of(bytes)), bytes);
  }
}

/** Reads an entry and blobs, misses others, and refuses wrong bytes. */
async function reads(server: Server, place: Workspace, credentials = {}): Promise<void> {
  using client = clientOf(server, credentials);
  assertEquals(await client.entry(key, 100, signal), entry, "pull");
  for (const bytes of [small, big]) {
    const path = await downloadBlob(client, blobOf(bytes), place.path, { signal });
    assertEquals(hashFile(path!), sha256Of(bytes), "pull");
    assertEquals(await client.hasBlob(sha256Of(bytes), bytes.length, signal), true);
  }
  assertEquals(await client.entry(absent, 100, signal), undefined, "miss");
  assertEquals(await client.hasBlob(absent, 10, signal), false, "miss");
  assertEquals(
    await downloadBlob(client, { sha256: absent, size: 10 }, place.path, { signal }),
    undefined,
    "miss",
  );
  await Deno.writeFile(join(server.files, "cas", absent), small);
  const wrong = await assertRejects(
    () => downloadBlob(client, { sha256: absent, size: small.length }, place.path, { signal }),
    RemoteFailure,
  );
  assertMatch(wrong.message, /bytes with the SHA-256/);
}

/** A PUT fails for good with a message that says what to do, and leaves nothing. */
async function refuses(server: Server, credentials = {}, said = /./): Promise<void> {
  using client = clientOf(server, credentials);
  const put = () =>
    uploadBlob(client, blobOf(utf8("other")), opened(utf8("other")), { signal, always: true });
  const error = await assertRejects(put, RemoteFailure);
  assert(["refused", "read-only"].includes(error.trouble), `${error.trouble}: ${error.message}`);
  assertMatch(error.message, said);
  using reader = clientOf(server, right);
  assertEquals(await reader.hasBlob(sha256Of("other"), 5, signal), false);
}

async function keepsPromises({ start, takesFiles, guardsReading }: Kind): Promise<void> {
  await using place = await workspace();
  {
    await using server = await start(place, { readOnly: false });
    if (takesFiles) {
      using client = clientOf(server, right);
      for (const bytes of [small, big]) {
        const put = () => uploadBlob(client, blobOf(bytes), opened(bytes), { signal });
        assertEquals([await put(), await put()], ["sent", "there"], "push");
        assertEquals(hashFile(join(server.files, "cas", sha256Of(bytes))), sha256Of(bytes));
      }
      await client.putEntry(key, entry, signal);
      await refuses(server, { ...right, FANIN_REMOTE_PASSWORD: "wrong" }, /other credentials/);
    } else {
      await lay(server);
      await refuses(server, {}, /configure it for PUT/);
    }
    await reads(server, place, guardsReading ? right : {});
  }
  if (!takesFiles) return;
  await using server = await start(place, { readOnly: true });
  await lay(server);
  await refuses(server, right, /takes no files|other credentials|create the directories/);
  await reads(server, place, guardsReading ? right : {});
}

for (const kind of kinds) {
  const what = kind.takesFiles
    ? "written, read and guarded"
    : "read, and says that it is read-only";
  testOnLinux(`${kind.name} is ${what}`, () => keepsPromises(kind));
}
