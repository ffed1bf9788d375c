/** Copies of projects and stores that an audit makes. */
import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { cacheTag, levelsAbove } from "../../../../pipeline/commands/audit/copy_project.ts";
import { filesUnder } from "../../../../pipeline/store/files_under.ts";
import { writeText } from "../../../support/copied_files.ts";
import { type Workspace, workspace } from "../../../support/workspace.ts";
import { deno } from "../../../support/deno_command.ts";
import { shell } from "../../../support/shell.ts";

const module = import.meta.resolve("../../../../pipeline/commands/audit/copy_project.ts");

async function write({ path }: Workspace, files: Record<string, string>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await writeText(join(path, name), text);
  }
}

Deno.test("a copy has the project without history, results and scratch files, and finds its links", async () => {
  await using place = await workspace();
  const links = ["../engine", "../engine/vendor", "./own", join(place.path, "engine")];
  await write(place, {
    "engine/mod.ts": "engine",
    "engine/vendor/mod.ts": "vendor",
    "project/deno.json": JSON.stringify({ links }),
    "project/own/mod.ts": "own",
    "project/.git/HEAD": "x",
    "project/node_modules/.deno/a/index.js": "a",
    "project/artifacts/store/blobs/x": "x",
    "project/artifacts/runs/x": "x",
    "project/artifacts/reference/metrics.json": "{}",
    [`project/other/${cacheTag.name}`]: cacheTag.text,
    "project/other/x": "x",
  });
  const root = join(place.path, "project");
  await shell("ln -s .deno/a node_modules/a", root);
  assertEquals(levelsAbove(root), 1);
  const to = join(place.path, "a copy", "above", "project");
  // Tests may make no symbolic links, so another process copies.
  const paths = [root, join(root, "artifacts"), to].map((path) => JSON.stringify(path));
  const script = `import { copyProject } from "${module}"; copyProject(${paths.join()});`;
  const { code, err } = await deno(["eval", script]);
  assertEquals(code, 0, err);
  assertEquals([...filesUnder(to)].map((file) => file.slice(to.length + 1)).sort(), [
    "artifacts/reference/metrics.json",
    "deno.json",
    "node_modules/.deno/a/index.js",
    "own/mod.ts",
  ]);
  const read = (...path: string[]) => Deno.readTextFile(join(to, ...path));
  assertEquals(await read("node_modules/a/index.js"), "a");
  assertEquals(await read("../engine/vendor/mod.ts"), "vendor");
  const inodes = ["node_modules/.deno/a/index.js", "own/mod.ts"]
    .map((file) => Deno.statSync(join(root, file)).ino === Deno.statSync(join(to, file)).ino);
  assertEquals(inodes, [true, false]);
});
