/** Tests bundling in a process of its own: it gives what bundling here gives, and its failures arrive. */
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { apart } from "../../../pipeline/engine/code/apart.ts";
import { bundleAll, type BundleTask } from "../../../pipeline/engine/code/bundle.ts";
import { Failed } from "../../../pipeline/engine/failed.ts";
import { root } from "../../support/checkout.ts";
import { testHere } from "../../support/bundling_here.ts";
import { deno } from "../../support/deno_command.ts";
import { workspace } from "../../support/workspace.ts";

const at = (path: string): string => pathToFileURL(join(root, path)).href;

const program = at("pipeline/engine/code/bundle_process.ts");

const never = () => Promise.reject(new Error("bundled here"));

const bundle = (task: BundleTask, here: typeof bundleAll = never) =>
  apart({ program, root, task, here });

const classifier: BundleTask = {
  root,
  entries: [{ unit: "train-on-device", module: at("stages/train/train_on_device.ts") }],
};

Deno.test("stages' bundles and the files beside them are the same by another process", async () => {
  assertEquals(await bundle(classifier), await bundleAll(classifier));
});

Deno.test("a stage's failure is the same by another process", async () => {
  const unknown: BundleTask = { root, entries: [{ unit: "none", module: at("stages/none.ts") }] };
  const failures = await Promise.all(
    [() => bundle(unknown), () => bundleAll(unknown)]
      .map(async (run) => (await assertRejects(run, Failed)).failure),
  );
  assertEquals(failures[0], failures[1]);
  assertEquals(failures[0].reason, "code-unreadable");
});

Deno.test("where the process breaks, what it printed is said, and stages are bundled here", async () => {
  await using place = await workspace();
  const broken = join(place.path, "broken.ts");
  Deno.writeTextFileSync(broken, 'throw new Error("no memory left");');
  const caller = join(place.path, "caller.ts");
  const options = JSON.stringify({ program: pathToFileURL(broken).href, root, task: {} });
  Deno.writeTextFileSync(
    caller,
    `import { apart } from "${at("pipeline/engine/code/apart.ts")}";
     const here = () => Promise.resolve("bundled here");
     console.log(await apart({ ...${options}, here }));`,
  );
  const { code, out, err } = await deno(["run", "-A", "--config", join(root, "deno.json"), caller]);
  assertEquals([code, out.trim()], [0, "bundled here"]);
  assertStringIncludes(err, "ended with 1, expected 0. This one bundles in its place.");
  assertStringIncludes(err, "no memory left");
});

testHere("without the permission to start a process, stages are bundled here", async () => {
  assertEquals(await bundle(classifier, () => Promise.resolve([])), []);
});
