/**
 * Facts of this machine: those that a stage may name because they change its bytes, and those that
 * a manifest records besides. A listed set; nothing else of the environment is ever read.
 */
import { join } from "node:path";
import { z } from "zod";
import type { Environment } from "../schemas/manifest.ts";
import { sha256Of } from "./sha256.ts";

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

/** Variables that choose a graphics driver. */
const driverVariables = [
  "DENO_WEBGPU_BACKEND",
  "VK_ICD_FILENAMES",
  "VK_DRIVER_FILES",
  "VK_ADD_DRIVER_FILES",
  "LIBGL_ALWAYS_SOFTWARE",
  "GALLIUM_DRIVER",
  "MESA_LOADER_DRIVER_OVERRIDE",
] as const;

const driverDirectories = ["/usr/share/vulkan/icd.d", "/etc/vulkan/icd.d"];

/** Where Debian and others keep the libraries that the driver files name without a directory. */
const libraryDirectories = [`/usr/lib/${Deno.build.arch}-linux-gnu`, "/usr/lib64", "/usr/lib"];

/** Everything that decides which adapter is given; cheap to read, unlike asking for the adapter. */
function driverFingerprint(): string {
  const lines = [`deno ${Deno.version.deno}`, `kernel ${Deno.osRelease()}`];
  for (const name of driverVariables) {
    const value = Deno.env.get(name);
    if (value !== undefined) lines.push(`variable ${name} ${value}`);
  }
  const stat = (path: string) => {
    try {
      const { size, mtime, ino } = Deno.statSync(path);
      lines.push(`file ${path} ${size} ${mtime?.getTime()} ${ino}`);
    } catch { /* Absent is as good an answer as any. */ }
  };
  if (Deno.build.os === "linux") {
    for (const directory of driverDirectories) {
      let names: string[];
      try {
        names = [...Deno.readDirSync(directory)].map(({ name }) => name).sort();
      } catch {
        continue;
      }
      for (const name of names) {
        stat(join(directory, name));
        try {
          const { ICD } = JSON.parse(Deno.readTextFileSync(join(directory, name)));
          const library = String(ICD.library_path);
          if (library.includes("/")) stat(library);
          else for (const place of libraryDirectories) stat(join(place, library));
        } catch { /* A driver file that is not JSON is told apart by its stat alone. */ }
      }
    }
  }
  return sha256Of(lines.join("\n"));
}

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
  Deno.writeTextFileSync(file, JSON.stringify({ version: 1, fingerprint, adapter }));
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
