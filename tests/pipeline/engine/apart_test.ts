/** Tests bundling in a process of its own: it gives what bundling here gives, and its failures arrive. */
import { assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { apart } from "../../../pipeline/engine/code/apart.ts";
import { bundleAll, type BundleTask } from "../../../pipeline/engine/code/bundle.ts";
import { Failed } from "../../../pipeline/engine/failed.ts";
import { root } from "../../support/checkout.ts";
import { bundlingHere } from "../../support/bundling_here.ts";
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

Deno.test("a process that breaks is an error with what it said", async () => {
  await using place = await workspace();
  const broken = join(place.path, "broken.ts");
  const run = (text: string) => {
    Deno.writeTextFileSync(broken, text);
    const program = pathToFileURL(broken).href;
    return apart({ program, root, task: classifier, here: never });
  };
  await assertRejects(() => run('throw new Error("no memory left");'), Error, "no memory left");
  await assertRejects(() => run("Deno.exit(7);"), Error, "ended with 7");
});

Deno.test({
  name: "without the permission to start a process, stages are bundled here",
  permissions: bundlingHere,
  async fn() {
    assertEquals(await bundle(classifier, () => Promise.resolve([])), []);
  },
});
