/** Tests asking for the WebGPU adapter in a process of its own. */
import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "../../support/checkout.ts";
import { deno } from "../../support/deno_command.ts";
import { testOnLinux } from "../../support/shell.ts";
import { workspace } from "../../support/workspace.ts";

const directory = pathToFileURL(join(root, "pipeline", "engine", "machine")).href;

const here = "adapterHere()";
const apart = `adapterApart(${JSON.stringify(root)})`;

/** Has a process ask by a call; gives the adapter and the number of drivers' files that it then has loaded. */
async function asking(call: string, ...permissions: string[]) {
  await using place = await workspace();
  const program = join(place.path, "asking.ts");
  Deno.writeTextFileSync(
    program,
    `import { adapterHere, quietenMesa } from "${directory}/adapter.ts";
     import { adapterApart } from "${directory}/adapter_apart.ts";
     quietenMesa();
     const { adapter, driver } = await ${call};
     const maps = Deno.args[0] === undefined ? "" : Deno.readTextFileSync(Deno.args[0]);
     const loaded = maps.split("\\n").filter((line) => /vulkan/i.test(line)).length;
     console.log(JSON.stringify({ adapter, driver, loaded }));
     Deno.exit();`,
  );
  const flags = ["-q", "--no-prompt", `--config=${join(root, "deno.json")}`, ...permissions];
  // With fewer than all permissions Deno does not let a process read what the kernel knows of it.
  const maps = permissions.includes("-A") && Deno.build.os === "linux" ? ["/proc/self/maps"] : [];
  const { code, out, err } = await deno(["run", ...flags, program, ...maps]);
  assertEquals([code, err], [0, ""]);
  return JSON.parse(out) as { adapter: string | null; driver: string | null; loaded: number };
}

Deno.test("another process finds the same adapter, and this one has loaded no driver", async () => {
  assertEquals(await asking(apart, "-A"), { ...await asking(here, "-A"), loaded: 0 });
});

Deno.test("a process that may start no other one asks itself", async () => {
  const permissions = ["--allow-env", "--allow-read", "--allow-sys"];
  assertEquals(await asking(apart, ...permissions), await asking(here, ...permissions));
});

/** Opens a device as a job beside others does, of so many in all; gives the number of threads that Mesa computes on. */
async function mesaThreads(parallel: number, env: Record<string, string> = {}): Promise<number> {
  await using place = await workspace();
  const program = join(place.path, "opening.ts");
  const engine = JSON.stringify(pathToFileURL(join(root, "pipeline", "engine")).href);
  Deno.writeTextFileSync(
    program,
    `const { workerThreads } = await import(${engine} + "/executor/executor.ts");
     const stages = { it: { usesAdapter: true, installed: [] } };
     const setup = { storeRoot: ".", codeRoot: ".", root: ".", stages, settings: {} };
     const executor = workerThreads(${parallel}, setup, { refuseEdited() {} });
     const task = { job: "it", stage: "it", key: "", force: false, again: false, parallel: ${parallel} };
     // Its worker opens no device; this thread does, as that of a job would.
     executor.execute(task, { started() {} }, new AbortController().signal).catch(() => {});
     await (await navigator.gpu.requestAdapter()).requestDevice();
     const tasks = [...Deno.readDirSync("/proc/self/task")];
     const names = tasks.map(({ name }) => Deno.readTextFileSync(\`/proc/self/task/\${name}/comm\`));
     console.log(new Set(names.filter((name) => name.startsWith("llvmpipe-"))).size);
     Deno.exit();`,
  );
  const config = `--config=${join(root, "deno.json")}`;
  const { code, out, err } = await deno(["run", "-q", "--no-prompt", config, "-A", program], env);
  assertEquals([code, err], [0, ""]);
  return Number(out);
}

testOnLinux(
  "a software adapter computes on a job's share of the cores, or on threads that the user has chosen",
  async () => {
    const cores = navigator.hardwareConcurrency;
    assertEquals(await mesaThreads(1), cores === 1 ? 0 : cores, "a job alone");
    assertEquals(await mesaThreads(cores), 0, "one thread is that which has it compute");
    assertEquals(await mesaThreads(cores, { LP_NUM_THREADS: "3" }), 3);
  },
);
