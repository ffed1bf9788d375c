/** Tests that any edited npm package is reported, and that no job runs with it. */
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { join } from "node:path";
import type { Notice } from "../../../pipeline/engine/event.ts";
import { wordNotice } from "../../../pipeline/engine/words/notices.ts";
import { Failed } from "../../../pipeline/engine/failed.ts";
import { editedPackages, openPackages } from "../../../pipeline/engine/code/package_content.ts";
import { loadStatTable } from "../../../pipeline/store/stat_cache.ts";
import { writeText } from "../../support/copied_files.ts";
import { type Workspace, workspace } from "../../support/workspace.ts";

const installed = ["node_modules/.deno/@scope+one@1.0.0", "node_modules/.deno/two@2.0.0"];
const one = `${installed[0]}/node_modules/@scope/one`;

async function install({ path }: Workspace): Promise<void> {
  const files = { "index.js": "export default 1;", "lib/data.bin": "data", "index.d.ts": "types" };
  for (const [file, text] of Object.entries({ ...files, "index.js.map": "{}" })) {
    await writeText(join(path, one, file), text);
  }
  await writeText(join(path, installed[1], "node_modules", "two", "index.js"), "");
}

const storeIn = ({ path }: Workspace) => join(path, "store");
/** Checks packages as a process that runs jobs does. */
const check = (place: Workspace, onNotice: (notice: Notice) => void = () => {}) =>
  openPackages(place.path, storeIn(place), onNotice).refuseEdited(installed);
const edited = (place: Workspace) => [...editedPackages(place.path, storeIn(place))];
const tableOf = (place: Workspace) => join(storeIn(place), "packages", "@scope+one@1.0.0.tsv");

for (
  const [what, change, expected] of [
    ["changed", (at) => writeText(at("index.js"), "export default 2;"), ["index.js", "changed"]],
    ["changed in place", async (at) => {
      using file = await Deno.open(at("lib/data.bin"), { write: true });
      await file.write(new TextEncoder().encode("D"));
    }, ["lib/data.bin", "changed"]],
    ["replaced by a file of the same size and time", async (at) => {
      const { mtime } = await Deno.stat(at("index.js"));
      await writeText(at("new"), "export default 3;");
      await Deno.utime(at("new"), mtime!, mtime!);
      await Deno.rename(at("new"), at("index.js"));
    }, ["index.js", "changed"]],
    ["added", (at) => writeText(at("lib/more.js"), ""), ["lib/more.js", "added"]],
    ["removed", (at) => Deno.remove(at("lib/data.bin")), ["lib/data.bin", "removed"]],
  ] satisfies [
    string,
    (at: (file: string) => string) => Promise<void>,
    [string, "changed" | "added" | "removed"],
  ][]
) {
  Deno.test(`a file that is ${what} is named, by verify too, until the package is as it was`, async () => {
    await using place = await workspace();
    await install(place);
    check(place);
    check(place);
    await change((file) => join(place.path, one, file));
    const [file, how] = expected;
    const path = `${one}/${file}`;
    for (let attempt = 0; attempt < 2; attempt++) {
      const { failure, message } = assertThrows(() => check(place), Failed);
      assertEquals(failure, {
        reason: "package-edited",
        package: "@scope/one",
        path,
        how,
        remembered: tableOf(place),
      });
      assertStringIncludes(
        message,
        `${path} was ${how} since the package @scope/one was first used`,
      );
      assertEquals(edited(place), [failure]);
    }
    await Deno.remove(join(place.path, one), { recursive: true });
    await install(place);
    check(place);
    assertEquals(edited(place), []);
  });
}

Deno.test("a package that is touched, linked anew or moved with its project is not edited", async () => {
  await using place = await workspace();
  await install(place);
  check(place);
  const index = join(place.path, one, "index.js");
  await Deno.utime(index, 1, 1);
  check(place);
  await Deno.link(index, join(place.path, "elsewhere.js"));
  check(place);
  await Deno.writeTextFile(join(place.path, one, "index.d.ts"), "other types");
  await Deno.remove(join(place.path, one, "index.js.map"));
  check(place);
  const moved = join(place.path, "moved");
  for (const part of ["node_modules", "store"]) {
    await Deno.mkdir(moved, { recursive: true });
    await Deno.rename(join(place.path, part), join(moved, part));
  }
  openPackages(moved, join(moved, "store"), () => {}).refuseEdited(installed);
  await Deno.writeTextFile(join(moved, one, "index.js"), "");
  assertThrows(
    () => openPackages(moved, join(moved, "store"), () => {}).refuseEdited(installed),
    Failed,
  );
});

Deno.test("a package is hashed once, and the cache can be deleted", async () => {
  await using place = await workspace();
  await install(place);
  const path = join(place.path, one, "index.js");
  await Deno.utime(path, 1, 1);
  check(place);
  const before = await Deno.readTextFile(tableOf(place));
  assert(before.includes("\tnode_modules/") === false, "paths within the package");
  assertEquals([...loadStatTable(tableOf(place)).rows.keys()].sort(), [
    "@scope/one/index.js",
    "@scope/one/lib/data.bin",
  ]);
  await Deno.writeTextFile(path, "edited");
  assertThrows(() => check(place), Failed);
  await Deno.remove(tableOf(place));
  check(place);
  assertEquals(edited(place), []);
});

Deno.test("a damaged record of a package is reported before the package is recorded again", async () => {
  await using place = await workspace();
  await install(place);
  check(place);
  await Deno.writeTextFile(tableOf(place), "damaged");
  await Deno.writeTextFile(join(place.path, one, "index.js"), "edited");
  const notices: Notice[] = [];
  check(place, (notice) => notices.push(notice));
  const [words, ...others] = notices.map(wordNotice);
  assertStringIncludes(words, "packages/@scope+one@1.0.0.tsv could not be read (cut off, damaged");
  assertStringIncludes(words, "The package @scope/one is recorded again as it is, so an edit");
  check(place, (notice) => notices.push(notice));
  assertEquals([others, notices.length], [[], 1]);
  assertEquals(edited(place), []);
});

Deno.test("an edit during a run is detected by the next job, a second after the last check", async () => {
  await using place = await workspace();
  await install(place);
  const packages = openPackages(place.path, storeIn(place), () => {});
  packages.refuseEdited(installed);
  await Deno.writeTextFile(join(place.path, one, "index.js"), "edited");
  packages.refuseEdited(installed);
  using time = laterBy(1001);
  assertThrows(() => time.run(() => packages.refuseEdited(installed)), Failed);
});

/** Lets the clock of durations go on at once. */
function laterBy(milliseconds: number): Disposable & { run(action: () => void): void } {
  const now = performance.now;
  return {
    run(action) {
      performance.now = () => now.call(performance) + milliseconds;
      action();
    },
    [Symbol.dispose]: () => void (performance.now = now),
  };
}

Deno.test("a package that is not installed has nothing that could be edited", async () => {
  await using place = await workspace();
  check(place);
  assertEquals(edited(place), []);
  await install(place);
  check(place);
  await Deno.remove(join(place.path, "node_modules"), { recursive: true });
  assertEquals(edited(place), []);
});
