/** Tests that an old Deno gets one sentence before anything else. */
import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { unsupportedDeno } from "../../../pipeline/commands/deno_version.ts";
import { cliOf, root } from "../../support/checkout.ts";
import { workspace } from "../../support/workspace.ts";
import { deno, permissions } from "../../support/deno_command.ts";

Deno.test("older releases are refused, this one and later ones are not", () => {
  const refused = ["1.46.3", "2.0.0", "2.9.5", "2.9.5+1a2b3c", "2.8.17"];
  const accepted = ["2.9.6", "2.9.6+1a2b3c", "2.9.10", "2.10.0", "2.10.0-rc.1", "3.0.0"];
  assertEquals(refused.filter((version) => unsupportedDeno(version) === undefined), []);
  assertEquals(accepted.filter((version) => unsupportedDeno(version) !== undefined), []);
  assertEquals(unsupportedDeno(), undefined);
});

Deno.test("every entry says so in one line and exits with 2", async () => {
  await using place = await workspace();
  const entries = [
    [cliOf("counting"), join(place.path, "artifacts"), "reproduce"],
    [join(root, "tests", "bench", "mod.ts"), "--help"],
    [join(root, "stages/download/setup.ts")],
  ];
  for (const [entry, ...args] of entries) {
    const old = join(place.path, "old.ts");
    await Deno.writeTextFile(
      old,
      `Object.defineProperty(Deno, "version", { value: { ...Deno.version, deno: "2.1.4" } });\n`,
    );
    const ended = await deno(["run", "--frozen", ...permissions, "--preload", old, entry, ...args]);
    assertEquals(ended, {
      code: 2,
      out: "",
      err: 'fanin needs Deno 2.9.6 or later, found 2.1.4: "deno upgrade" brings it.\n',
    }, entry);
  }
});
