/**
 * Fixes what a stage sees of its machine and process without asking: every machine looks like one with
 * Linux, one processor and the oldest Deno that fanin runs with. Real facts are declared by `machine`, and
 * enter the key.
 */
import { replace } from "./sandbox_replace.ts";

/** Versions as Deno 2.9.6 on Linux reports them. Packages look there for the runtime's abilities. */
const versions = { deno: "2.9.6", v8: "15.0.245.2-rusty", typescript: "6.0.3" };
const node = "26.3.0";

/** The directory that a stage sees as its own; no path leads anywhere from there. */
const directory = "/project";

/** Gives how a job sees the facts that its stage declares. */
export function fixMachine(): { show(facts: readonly string[]): void } {
  replaceAll(Deno, {
    build: {
      target: "x86_64-unknown-linux-gnu",
      arch: "x86_64",
      os: "linux",
      vendor: "unknown",
      env: "gnu",
      standalone: false,
    },
    version: versions,
    pid: 1,
    ppid: 0,
    noColor: true,
    cwd: () => directory,
    execPath: () => "deno",
    memoryUsage: () => ({ ...noMemory }),
    cpuUsage: noTime,
    consoleSize: refused("Deno.consoleSize", "a stage has no terminal"),
    chdir: refused("Deno.chdir", "the working directory is that of all jobs"),
    addSignalListener: () => {},
    removeSignalListener: () => {},
  });
  replaceAll(navigator, {
    hardwareConcurrency: 1,
    userAgent: `Deno/${versions.deno}`,
    platform: "Linux x86_64",
    userAgentData: undefined,
  });
  replace(globalThis, "location", Object.freeze(new URL(`file://${directory}/stage.js`)));
  fixInput();
  fixProcess();
  return { show: fixAdapter() };
}

/** The WebGPU adapter is for stages that declare it. */
function fixAdapter(): (facts: readonly string[]) => void {
  let declared = false;
  const { GPU } = globalThis as { GPU?: { prototype: Pick<globalThis.GPU, "requestAdapter"> } };
  if (GPU !== undefined) {
    const { requestAdapter } = GPU.prototype;
    replace(GPU.prototype, "requestAdapter", function (
      this: globalThis.GPU,
      options?: GPURequestAdapterOptions,
    ) {
      if (declared) return requestAdapter.call(this, options);
      throw new Error(
        `it asked for the WebGPU adapter, which its key does not hold; declare it by machine: ["adapter"]`,
      );
    });
  }
  return (facts) => declared = facts.includes("adapter");
}

const replaceAll = (target: object, values: Readonly<Record<string, unknown>>): void => {
  for (const [name, value] of Object.entries(values)) replace(target, name, value);
};

const noMemory = { rss: 0, heapTotal: 0, heapUsed: 0, external: 0 };
const noTime = () => ({ user: 0, system: 0 });

const refused = (name: string, reason: string) => (): never => {
  throw new Error(`it called ${name}: ${reason}`);
};

/** Standard input has come to its end. */
function fixInput(): void {
  replaceAll(Deno.stdin, {
    readSync: () => null,
    read: () => Promise.resolve(null),
    readable: new Blob([]).stream(),
    isTerminal: () => false,
    setRaw: () => {},
    close: () => {},
  });
}

/** The global `process`, and what can be replaced of the object that `node:process` gives. */
function fixProcess(): void {
  const { process } = globalThis as { process?: object };
  if (process === undefined) return;
  const memoryUsage = Object.assign(() => ({ ...noMemory, arrayBuffers: 0 }), { rss: () => 0 });
  const fixed: Record<string | symbol, unknown> = {
    pid: 1,
    ppid: 0,
    arch: "x64",
    platform: "linux",
    version: `v${node}`,
    versions: { node, v8: versions.v8, deno: versions.deno },
    release: { name: "node" },
    title: "deno",
    argv: ["deno", `${directory}/stage.js`],
    argv0: "deno",
    execArgv: [],
    execPath: "deno",
    report: undefined,
    stdin: undefined,
    cwd: () => directory,
    chdir: refused("process.chdir", "the working directory is that of all jobs"),
    memoryUsage,
    cpuUsage: noTime,
    threadCpuUsage: noTime,
    resourceUsage: () => ({ userCPUTime: 0, systemCPUTime: 0, maxRSS: 0 }),
  };
  for (const [name, value] of Object.entries(fixed)) {
    if (Object.getOwnPropertyDescriptor(process, name)?.configurable === false) continue;
    replace(process, name, value);
    delete fixed[name];
  }
  // The runtime lets nobody replace the rest.
  const isFixed = (name: string | symbol) => Object.hasOwn(fixed, name);
  const shown = new Proxy(process, {
    get: (target, name) => isFixed(name) ? fixed[name] : Reflect.get(target, name),
    set: (target, name, value) => isFixed(name) || Reflect.set(target, name, value),
  });
  replace(globalThis, "process", shown);
}
