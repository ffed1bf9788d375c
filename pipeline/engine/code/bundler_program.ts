/** Finds the program of the bundler, esbuild, among the installed packages. */
import { relative } from "node:path";
import { fileURLToPath } from "node:url";

/** esbuild's names of systems and processors, by Deno's. */
const systems: Partial<Record<typeof Deno.build.os, string>> = { linux: "linux", darwin: "darwin" };
const processors: Record<typeof Deno.build.arch, string> = { x86_64: "x64", aarch64: "arm64" };

/** The path of esbuild's program for this machine; undefined where it is not installed. */
export function bundlerProgram(): string | undefined {
  const system = systems[Deno.build.os];
  const program = `../@esbuild/${system}-${processors[Deno.build.arch]}/bin/esbuild`;
  try {
    const own = import.meta.resolve("esbuild/package.json");
    return system && Deno.realPathSync(fileURLToPath(new URL(program, own)));
  } catch {
    // A lock without the package, or a machine for which it has no program.
    return undefined;
  }
}

/**
 * The flag with which a process that is started here may start a program; undefined where there is none. The flag
 * is a list with commas, which the path of a project may have, but seldom the path from here.
 */
export function allowRun(program: string): string | undefined {
  const path = relative(Deno.cwd(), program);
  return path.includes(",") ? undefined : `--allow-run=${path}`;
}
