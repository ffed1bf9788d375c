/** Tests the vendored gradients of tfjs: they are the installed package's own, and each comes alone. */
import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { bundleAll } from "../../pipeline/engine/code/bundle.ts";
import { readImportMap } from "../../pipeline/engine/code/import_map.ts";
import { gradientsModule } from "../../vendor/tfjs-gradients/build_gradients.ts";
import { root } from "./checkout.ts";

Deno.test("the vendored gradients are those of the locked version of tfjs", async () => {
  const committed = await Deno.readTextFile(join(root, "vendor", "tfjs-gradients", "mod.js"));
  // Equal texts are not printed.
  assertEquals(await gradientsModule() === committed, true, "renew it: see build_gradients.ts");
});

Deno.test("a stage's bundle has the gradients that it names, and no other", async () => {
  const { packages } = readImportMap(root);
  const module = pathToFileURL(join(root, "stages", "networks", "tfjs_gradients.ts")).href;
  const [{ text }] = await bundleAll({ entries: [{ unit: "gradients", module }], root, packages });
  assertEquals(text.match(/gradFunc:/g)?.length, 6);
  assertEquals(text.includes("runKernel"), false, "operations are the package's");
});
