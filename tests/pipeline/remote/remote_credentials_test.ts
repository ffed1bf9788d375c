/**
 * Tests credentials for a remote store, with the commands and nginx's own check. They grant access, and no
 * command writes, prints or passes them on.
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { Manifest } from "../../../schemas/run/manifest.ts";
import { namesIn, nginx, password, user } from "../../support/nginx.ts";
import { fanin, runsIn, type Workspace, workspace } from "../../support/workspace.ts";
import { readJson } from "../../support/copied_files.ts";

const right = { FANIN_REMOTE_USER: user, FANIN_REMOTE_PASSWORD: password };
const secrets = [password, btoa(`${user}:${password}`)];

/** Files below a directory that contain a text. */
function* filesWith(text: string, directory: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(directory)) {
    const path = join(directory, name);
    if (isDirectory) yield* filesWith(text, path);
    else if (new TextDecoder().decode(Deno.readFileSync(path)).includes(text)) yield path;
  }
}

/** Runs a command; neither what it prints nor what it leaves has a secret. */
async function kept(place: Workspace, args: string[], env: Record<string, string>) {
  const ended = await fanin(place, args, undefined, env);
  for (const secret of secrets) {
    assert(!(ended.out + ended.err).includes(secret), ended.out + ended.err);
    const artifacts = join(place.path, "artifacts");
    assertEquals([...filesWith(secret, artifacts)], []);
  }
  return ended;
}

Deno.test("with the right credentials a run is stored, pushed and pulled, and they appear nowhere", async () => {
  await using place = await workspace();
  await using elsewhere = await workspace();
  await using server = await nginx(place);
  const remote = ["--remote", server.url];
  const ran = await kept(place, ["reproduce", "--only", "double/first", ...remote], right);
  assertEquals(ran.code, 0, ran.err);
  assertEquals(namesIn(server, "ac").length, 2);
  const [id] = runsIn(place.path);
  const sent = await kept(place, ["push", id, ...remote], right);
  assertEquals(sent.code, 0, sent.err);
  assert((await server.requests()).some((line) => line.endsWith(` ${user}`)), "nginx knew her");
  const taken = await kept(
    elsewhere,
    ["reproduce", "--only", "double/first", "--json", ...remote],
    right,
  );
  assertEquals(taken.code, 0, taken.err);
  assertMatch(taken.err, /taken {3}double\/first from the remote/);
  const [latest] = runsIn(elsewhere.path);
  const run = join(elsewhere.path, "artifacts", "runs", latest);
  const { jobs } = Manifest.parse(await readJson(run, "manifest.json"));
  assertEquals(jobs.map(({ from }) => from), ["remote", "remote"]);
  assertStringIncludes(await Deno.readTextFile(join(run, "summary.txt")), "2 from the remote");
  // Nothing differs because of where a result came from.
  const diff = await kept(elsewhere, ["diff", "latest", id, ...remote], right);
  assertEquals(diff.code, 0, diff.out + diff.err);
  assertStringIncludes(diff.out, "2 outputs: 2 identical.");
});

Deno.test("with wrong credentials a run completes with one notice, and push exits with 2 and advice", async () => {
  await using place = await workspace();
  await using server = await nginx(place);
  const wrong = { ...right, FANIN_REMOTE_USER: "guest" };
  const remote = ["--remote", server.url];
  const ran = await kept(place, ["reproduce", "--only", "double/first", ...remote], wrong);
  assertEquals(ran.code, 0, ran.err);
  assertEquals(ran.err.match(/notice/g)?.length, 1, ran.err);
  assertMatch(ran.err, /status 401, it wants other credentials/);
  const sent = await kept(place, ["push", "latest", ...remote], wrong);
  assertEquals(sent.code, 2);
  assertMatch(sent.err, /status 401, it wants other credentials/);
  assertEquals(namesIn(server, "cas"), []);
});

Deno.test("a URL with credentials is refused with exit code 2, and remembered nowhere", async () => {
  await using place = await workspace();
  await Deno.mkdir(join(place.path, "artifacts"));
  const url = `http://${user}:${password}@127.0.0.1:9/`;
  for (const command of [["reproduce"], ["plan"], ["push", "latest"], ["pull", "x"]]) {
    const { code, err } = await kept(place, [...command, "--remote", url], {});
    assertEquals(code, 2);
    assertStringIncludes(err, "FANIN_REMOTE_TOKEN");
  }
});

Deno.test("a stage does not find the credentials, with a remote or without one", async () => {
  await using place = await workspace();
  await using server = await nginx(place);
  const stage = ["--only", "trespass/first", "--set", "trespass.first.attempt=credentials"];
  for (const more of [["--remote", server.url], ["--force", "trespass/first"]]) {
    const { code, err } = await kept(place, ["reproduce", ...stage, ...more], {
      ...right,
      FANIN_REMOTE_TOKEN: "",
    });
    assertEquals(code, 0, err);
  }
});
