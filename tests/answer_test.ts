/** Remembered answers and the facts of the machine that they, and keys, depend on. */
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { join } from "node:path";
import { type Answer, recall, remember } from "../pipeline/answer.ts";
import { driverVariables } from "../pipeline/driver.ts";
import { adapterFact } from "../pipeline/machine.ts";
import { sha256Of } from "../pipeline/sha256.ts";
import { deno, edit, permissions, root, type Workspace, workspace } from "./workspace.ts";

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

/** What a process finds of the graphics driver in an environment. */
async function fingerprint(variables: Record<string, string>): Promise<string> {
  const script = join(root, "tests", "fixtures", "fingerprint.ts");
  const { code, out, err } = await deno(["run", "--frozen", ...permissions, script], variables);
  assertEquals(code, 0, err);
  return out;
}

Deno.test("the driver's fingerprint differs with each variable that chooses a driver", async () => {
  const usual = await fingerprint({});
  assertEquals(await fingerprint({}), usual);
  assert(usual.includes(`deno ${Deno.version.deno}`));
  for (const name of driverVariables) {
    assertNotEquals(await fingerprint({ [name]: "another" }), usual, name);
  }
});

Deno.test("a driver that a variable names is looked at, with its library, wherever it lies", async () => {
  for (const name of ["VK_DRIVER_FILES", "VK_ICD_FILENAMES", "VK_ADD_DRIVER_FILES"]) {
    await using place = await workspace();
    const directory = join(place.path, "icd.d");
    await Deno.mkdir(directory);
    const [file, library] = [join(directory, "own.json"), join(place.path, "own.so")];
    await Deno.writeTextFile(file, JSON.stringify({ ICD: { library_path: "../own.so" } }));
    await Deno.writeTextFile(library, "Mesa 1.2.3");
    for (const value of [file, directory]) {
      const before = await fingerprint({ [name]: value });
      await Deno.writeTextFile(library, "Mesa 1.2.4 ", { append: true });
      const after = await fingerprint({ [name]: value });
      assertNotEquals(after, before, `${name}=${value}: its library`);
      await Deno.writeTextFile(file, "\n", { append: true });
      assertNotEquals(await fingerprint({ [name]: value }), after, `${name}=${value}: its file`);
    }
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
