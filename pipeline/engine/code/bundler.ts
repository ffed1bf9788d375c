/**
 * Starts esbuild: its program where this process may start it, else the same as WebAssembly, which takes
 * four times the time. Both give the same bundles.
 */
import { bundlerProgram } from "./bundler_program.ts";
import { complain } from "../../terminal/print.ts";

type Esbuild = typeof import("esbuild-wasm");

/** Milliseconds in which the program answers. It takes some 20; a machine that does much else may take seconds. */
const usualPatience = 15_000;

/** esbuild, ready for use. Says so where its program is there and does not run, or does not answer. */
export async function startBundler(patience = usualPatience): Promise<Esbuild> {
  const program = bundlerProgram();
  const mayStart = program !== undefined &&
    Deno.permissions.querySync({ name: "run", command: program }).state === "granted";
  if (!mayStart) return await inThisProcess();
  const esbuild = (await import("esbuild")).default as unknown as Esbuild;
  const { promise: silence, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(reject, patience, new Error(`no answer within ${patience / 1000} s`));
  try {
    await Promise.race([esbuild.transform(""), silence]);
    return esbuild;
  } catch {
    // The error may be of esbuild's own code, which does not expect this.
    complain([
      `${program} does not run or does not answer, so that bundling takes longer.`,
      'Remove node_modules and run "deno install".',
    ]);
    // Ends a program that hangs.
    await esbuild.stop();
    return await inThisProcess();
  } finally {
    clearTimeout(timer);
  }
}

/** esbuild as WebAssembly: it needs to read its own file and nothing else. */
async function inThisProcess(): Promise<Esbuild> {
  const esbuild: Esbuild = await import("esbuild-wasm/esm/browser.js");
  const binary = new URL("esbuild.wasm", import.meta.resolve("esbuild-wasm/package.json"));
  const wasmModule = await WebAssembly.compile(await Deno.readFile(binary));
  try {
    await esbuild.initialize({ wasmModule, worker: false });
  } catch (error) {
    // Initialised by an earlier call in this process: it can be used as it is.
    if (!String(error).includes("more than once")) throw error;
  }
  return esbuild;
}
