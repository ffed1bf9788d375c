/** Tests that a cluster of the tests leaves nothing that runs, so that its directory can be removed. */
import { assert, assertEquals } from "@std/assert";
import { startCluster } from "../../slurm/slurm_daemons.ts";
import { shell } from "../../support/shell.ts";
import { workspace } from "../../support/workspace.ts";

Deno.test("a cluster that is stopped leaves no job, also none that waited for another's end", async () => {
  await using place = await workspace();
  const cluster = await startCluster({ directory: place.path, nodes: 2, cores: 1 });
  const env = cluster.environment;
  const job = ["--output=none", "--chdir=/", "--exclusive", "--wrap=sleep 600"];
  for (let i = 0; i < 12; i++) {
    const { success } = await new Deno.Command("sbatch", { args: job, env }).output();
    assert(success);
  }
  const running = async () => {
    const args = ["-h", "-t", "running", "-o", "%i"];
    const { stdout } = await new Deno.Command("squeue", { args, env }).output();
    return new TextDecoder().decode(stdout).split("\n").length - 1;
  };
  while (await running() < 2) await new Promise((resolve) => setTimeout(resolve, 100));
  await cluster[Symbol.asyncDispose]();
  const left = `grep -lzx 'SLURM_CONF=${env.SLURM_CONF}' /proc/[0-9]*/environ 2>/dev/null; true`;
  const { out } = await shell(left, place.path);
  assertEquals(out, "");
});
