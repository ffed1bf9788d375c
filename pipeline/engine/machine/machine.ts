/**
 * Reads facts of this machine: those that a stage may name because they change its bytes, and those that a
 * manifest records. The list is closed; nothing else of the environment is read.
 */
import { z } from "zod";
import type { BackendName } from "../../../schemas/public/project_settings.ts";
import type { Backend } from "../../../schemas/run/experiment.ts";
import type { Environment } from "../../../schemas/run/manifest.ts";
import type { Adapter } from "./adapter.ts";
import { adapterApart } from "./adapter_apart.ts";
import { driverFingerprint } from "./driver.ts";
import type { Notice } from "../event.ts";
import { Failed } from "../failed.ts";
import { type MultiplyAdd, multiplyAdd } from "./fused_multiply_add.ts";
import { gitState } from "./git_state.ts";
import { cachedValue, writeCachedValue } from "../../store/cache_file.ts";

/** Facts that a stage can declare in `machine`. */
export interface MachineFacts {
  /** "x86_64" or "aarch64". */
  arch: string;
  /** "linux", "darwin" or "windows". */
  os: string;
  /** Deno's version. */
  deno: string;
  /** The version of V8, which runs JavaScript and WebAssembly. */
  v8: string;
  /** The first backend that the experiment accepts and this machine has; null if no stage needs one. */
  backend: BackendName | null;
  /** The WebGPU adapter and its driver; null where the backend is another. */
  adapter: string | null;
  /** The version of the adapter's driver; null like it. */
  driver: string | null;
  /** Rounding of a product that is added, by WebAssembly; null where the backend is another. */
  fma: MultiplyAdd | null;
}
const Remembered = z.strictObject({
  version: z.literal(2),
  fingerprint: z.string(),
  adapter: z.string().nullable(),
  driver: z.string().nullable(),
});

/**
 * The adapter, remembered in `file` for as long as nothing changes that decides on it; `root` is the project's
 * directory.
 */
export async function adapterFact(file: string, root: string): Promise<Adapter> {
  const fingerprint = driverFingerprint();
  const remembered = cachedValue(file, Remembered);
  if (remembered?.fingerprint === fingerprint) {
    return { adapter: remembered.adapter, driver: remembered.driver };
  }
  const found = await adapterApart(root);
  writeCachedValue(file, { version: 2, fingerprint, ...found });
  return found;
}

const noBackend = { backend: null, adapter: null, driver: null, fma: null };

/**
 * The first accepted backend that this machine has. Reports any but the first; throws a `Failed` where
 * there is none.
 */
async function chooseBackend(
  file: string,
  root: string,
  accepted: readonly Backend[],
  onNotice: (notice: Notice) => void,
): Promise<Pick<MachineFacts, keyof typeof noBackend>> {
  for (const backend of accepted) {
    const found = backend === "webgpu" ? await adapterFact(file, root) : undefined;
    if (found?.adapter === null) continue;
    if (backend !== accepted[0]) {
      onNotice({ reason: "backend-fallback", wanted: accepted[0], used: backend });
    }
    return { ...noBackend, ...found, backend, ...(backend === "wasm" && { fma: multiplyAdd() }) };
  }
  throw new Failed({ reason: "no-backend", accepted });
}

/** The facts that the given stages name; a backend is looked for only if one of them does. */
export async function machineFacts(
  file: string,
  root: string,
  named: Set<string>,
  accepted: readonly Backend[],
  onNotice: (notice: Notice) => void,
): Promise<MachineFacts> {
  return {
    arch: Deno.build.arch,
    os: Deno.build.os,
    deno: Deno.version.deno,
    v8: Deno.version.v8,
    ...(named.has("backend") ? await chooseBackend(file, root, accepted, onNotice) : noBackend),
  };
}

/**
 * The machine, as a manifest records it; `packages` are the locked ones that the run's stages use, `root`
 * is the project's directory.
 */
export async function environment(
  { file, root, packages, onNotice }: {
    file: string;
    root: string;
    packages: Record<string, string>;
    onNotice: (notice: Notice) => void;
  },
): Promise<Environment> {
  const { cpus } = await import("node:os");
  const [{ adapter, driver }, git] = await Promise.all([adapterFact(file, root), gitState(root)]);
  if (git !== null && "unknown" in git) {
    onNotice({ reason: "commit-unknown", message: git.unknown });
  }
  return {
    deno: Deno.version.deno,
    v8: Deno.version.v8,
    typescript: Deno.version.typescript,
    os: Deno.build.os,
    kernel: Deno.osRelease(),
    arch: Deno.build.arch,
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: navigator.hardwareConcurrency,
    adapter,
    driver,
    packages,
    git,
  };
}
