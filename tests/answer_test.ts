/** Remembered answers and the facts of the machine that they, and keys, depend on. */
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { join } from "node:path";
import { type Answer, recall, remember } from "../pipeline/answer.ts";
import { driverVariables } from "../pipeline/driver.ts";
import { adapterFact } from "../pipeline/machine.ts";
import { sha256Of } from "../pipeline/sha256.ts";
import { deno, edit, root, type Workspace, workspace } from "./workspace.ts";

const answer: Answer = { exitCode: 1, out: "out", note: "note" };

async function remembered(place: Workspace, args: string[]): Promise<string> {
  const file = join(place.path, "file");
  await Deno.writeTextFile(file, "content");
  await Deno.mkdir(join(place.path, "latest"), { recursive: true });
  const files = new Map([[file, sha256Of("content")]]);
  remember(place.path, args, answer, files, [join(place.path, "latest")]);
  return file;
}

Deno.test("an answer is given to the same arguments alone", async () => {
  await using place = await workspace();
  const args = ["reproduce", "--set", "a.b=1"];
  await remembered(place, args);
  assertEquals(recall(place.path, args), answer);
  assertEquals(recall(place.path, ["reproduce"]), undefined);
  assertEquals(recall(place.path, ["reproduce", "--set a.b=1"]), undefined, "the same file name");
  assertEquals(recall(place.path, ["plan", "--set", "a.b=1"]), undefined);
});

Deno.test("nothing is remembered for a forced run, nor for an experiment that is a program", async () => {
  await using place = await workspace();
  for (const flags of [["--force", "a"], ["--force=a"], ["--experiment", "mine.ts"]]) {
    await remembered(place, ["reproduce", ...flags]);
    assertEquals(recall(place.path, ["reproduce", ...flags]), undefined, flags.join(" "));
  }
});

Deno.test("an answer is forgotten when a file changes, something goes, or the machine differs", async () => {
  const args = ["reproduce"];
  const changes: ((place: Workspace, file: string) => Promise<void>)[] = [
    (_, file) => Deno.writeTextFile(file, "Content"),
    (_, file) => Deno.remove(file),
    (place) => Deno.remove(join(place.path, "latest")),
    (place) => edit(join(place.path, "answers", "reproduce.json"), Deno.version.v8, "1.0"),
    (place) => edit(join(place.path, "answers", "reproduce.json"), '"version":2', '"version":0'),
    (place) => edit(join(place.path, "answers", "reproduce.json"), '"note":"', '"note":"n'),
    (place) => Deno.truncate(join(place.path, "answers", "reproduce.json"), 50),
  ];
  for (const change of changes) {
    await using place = await workspace();
    const file = await remembered(place, args);
    assertEquals(recall(place.path, args), answer);
    await change(place, file);
    assertEquals(recall(place.path, args), undefined);
  }
});

Deno.test("the driver's fingerprint differs with each variable that chooses a driver", async () => {
  const script = join(root, "tests", "fixtures", "fingerprint.ts");
  const flags = ["--no-prompt", "--allow-read", "--allow-env", "--allow-sys"];
  const fingerprint = async (variables: Record<string, string>) => {
    const { code, out, err } = await deno(["run", "--frozen", ...flags, script], variables);
    assertEquals(code, 0, err);
    return out;
  };
  const usual = await fingerprint({});
  assertEquals(await fingerprint({}), usual);
  assert(usual.includes(`deno ${Deno.version.deno}`));
  for (const name of driverVariables) {
    assertNotEquals(await fingerprint({ [name]: "another" }), usual, name);
  }
});

Deno.test("the adapter is asked for once, and again when its fingerprint differs", async () => {
  await using place = await workspace();
  const file = join(place.path, "machine.json");
  const first = await adapterFact(file);
  const told = JSON.parse(await Deno.readTextFile(file));
  assertEquals(told.adapter, first.adapter);
  assertEquals(told.driver, first.driver);
  await Deno.writeTextFile(file, JSON.stringify({ ...told, adapter: "remembered" }));
  assertEquals((await adapterFact(file)).adapter, "remembered");
  for (const damaged of [JSON.stringify({ ...told, adapter: "x", fingerprint: "other" }), "{"]) {
    await Deno.writeTextFile(file, damaged);
    assertEquals(await adapterFact(file), first);
  }
});
