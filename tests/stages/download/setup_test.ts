/** Tests the set-up on machines that lack something, which permissions simulate. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { root } from "../../support/checkout.ts";
import { deno } from "../../support/deno_command.ts";

const setup = (permissions: string[] = [], flags: string[] = []) =>
  deno([
    "run",
    "--no-config",
    "--no-lock",
    "--no-prompt",
    ...permissions,
    join(root, "stages/download/setup.ts"),
    ...flags,
  ]);

Deno.test("missing packages are named, and the run continues", async () => {
  const { code, err } = await setup();
  assertEquals(code, 0);
  if (Deno.build.os === "linux") assertStringIncludes(err, "mesa-vulkan-drivers");
  assertStringIncludes(err, "dataset-fashion-mnist");
  assertStringIncludes(err, "going on without");
});

Deno.test("only the tests ask for a browser, a server and a Slurm", async () => {
  const ofRuns = await setup();
  assert(!/chromium|nginx|slurm/.test(ofRuns.err), ofRuns.err);
  const ofTests = await setup([], ["--tests"]);
  assertEquals(ofTests.code, 0);
  assertStringIncludes(ofTests.err, "chromium");
  for (const name of ["nginx", "lighttpd", "apache2-bin", "rclone", "caddy", "python3"]) {
    assertStringIncludes(ofTests.err, name);
  }
  // A server without its module for WebDAV takes no files.
  assertStringIncludes(ofTests.err, "lighttpd-mod-webdav, lighttpd");
  for (const name of ["slurmctld", "slurmd", "slurm-client", "munge"]) {
    assertStringIncludes(ofTests.err, name);
  }
});

Deno.test("a failed installation is reported, and the run continues", async () => {
  const release = await Deno.readTextFile("/etc/os-release").catch(() => "");
  const { code, err } = await setup(["--allow-read=/etc/os-release", "--allow-sys=uid"]);
  assertEquals(code, 0);
  const expected = !/^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(release)
    ? "install what your system has for it"
    : Deno.uid() === 0
    ? "that failed; going on without"
    : "sudo apt-get install -y --no-install-recommends";
  assertStringIncludes(err, expected);
});
