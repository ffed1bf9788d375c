/** Tests that a Slurm of one's own leaves no process when it stops. */
import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { startCluster } from "../../slurm/slurm_daemons.ts";
import { shell } from "../../support/shell.ts";
import { workspace } from "../../support/workspace.ts";
import { exists } from "../../../pipeline/store/existence.ts";

Deno.test("a job that ended while the controller was away leaves no process", async () => {
  await using place = await workspace();
  const directory = join(place.path, "slurm");
  const begun = join(place.path, "begun");
  const left = async () =>
    (await shell(
      `grep -lzx "SLURM_CONF=${join(directory, "slurm.conf")}" /proc/[0-9]*/environ 2>/dev/null |
        while read file; do cat "\${file%environ}comm"; done`,
      place.path,
    )).out.trim().split("\n").filter((name) => !/^(sh|grep|cat)?$/.test(name));
  {
    await using cluster = await startCluster({ directory, nodes: 1 });
    const wrap = `--wrap=touch '${begun}'; sleep 2`;
    const { success } = await new Deno.Command("sbatch", {
      args: ["--output=none", "--chdir=/", wrap],
      env: cluster.environment,
    }).output();
    assert(success);
    while (!exists(begun)) await new Promise((resolve) => setTimeout(resolve, 50));
    await cluster.killController();
    while ((await left()).includes("sleep")) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    assert((await left()).includes("slurmstepd"), "the step waits for the controller");
  }
  assertEquals(await left(), []);
});
