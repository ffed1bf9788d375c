/** Runs a script of this folder, which opens a page in a browser, and gives the results of its checks. */
import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { deno } from "../deno_command.ts";
import { root } from "../checkout.ts";
import type { Results } from "./drive.ts";

export async function inBrowser(script: string, address: string): Promise<Results> {
  const { code, out, err } = await deno(
    ["run", "--frozen", "--allow-all", join(root, "tests", "support", "browser", script), address],
    { TMPDIR: join(root, "tests", "tmp") },
  );
  assertEquals(code, 0, err);
  return JSON.parse(out);
}
