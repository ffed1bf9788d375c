/**
 * Facts of this machine: those that a stage may name because they change its bytes, and those that
 * a manifest records besides. A listed set; nothing else of the environment is ever read.
 */
import { z } from "zod";
import type { Environment } from "../schemas/manifest.ts";
import { driverFingerprint } from "./driver.ts";
import { replaceFile } from "./small_file.ts";

/** What a stage can declare in `machine`. */
export interface MachineFacts {
  arch: string;
  os: string;
  deno: string;
  v8: string;
  /** The WebGPU adapter with its driver; null where there is none. */
  adapter: string | null;
}
export type MachineFact = keyof MachineFacts;

const Remembered = z.strictObject({
  version: z.literal(1),
  fingerprint: z.string(),
  adapter: z.string().nullable(),
});

/** Asks for the adapter, which takes about a third of a second. */
async function askForAdapter(): Promise<string | null> {
  // Mesa complains on standard error where this is unset, and keeps nothing there.
  if (Deno.build.os === "linux" && Deno.env.get("XDG_RUNTIME_DIR") === undefined) {
    Deno.env.set("XDG_RUNTIME_DIR", "/tmp");
  }
  const adapter = await navigator.gpu?.requestAdapter();
  if (!adapter) return null;
  const { vendor, architecture, device, description } = adapter.info;
  return [description, vendor, architecture, device].filter((part) => part !== "").join(", ");
}

/** The adapter, remembered in `file` for as long as nothing changes that decides on it. */
export async function adapterFact(file: string): Promise<string | null> {
  const fingerprint = driverFingerprint();
  try {
    const remembered = Remembered.parse(JSON.parse(Deno.readTextFileSync(file)));
    if (remembered.fingerprint === fingerprint) return remembered.adapter;
  } catch { /* Absent or of another form: asked anew below. */ }
  const adapter = await askForAdapter();
  replaceFile(file, JSON.stringify({ version: 1, fingerprint, adapter }));
  return adapter;
}

/** The facts that the given stages name; the adapter is asked for only if one of them does. */
export async function machineFacts(file: string, named: Set<string>): Promise<MachineFacts> {
  return {
    arch: Deno.build.arch,
    os: Deno.build.os,
    deno: Deno.version.deno,
    v8: Deno.version.v8,
    adapter: named.has("adapter") ? await adapterFact(file) : null,
  };
}

async function gitState(): Promise<Environment["git"]> {
  try {
    const git = async (...args: string[]) => {
      const { success, stdout } = await new Deno.Command("git", {
        args,
        stdin: "null",
        stderr: "null",
      }).output();
      if (!success) throw new Error("no repository");
      return new TextDecoder().decode(stdout).trim();
    };
    const [commit, changes] = await Promise.all([
      git("rev-parse", "HEAD"),
      git("status", "--porcelain"),
    ]);
    return { commit, clean: changes === "" };
  } catch {
    return null;
  }
}

/** What a manifest says of the machine; `packages` are the locked ones that the run's stages use. */
export async function environment(
  file: string,
  packages: Record<string, string>,
): Promise<Environment> {
  const { cpus } = await import("node:os");
  const [adapter, git] = await Promise.all([adapterFact(file), gitState()]);
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
    packages,
    git,
  };
}
