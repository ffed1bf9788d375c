/**
 * Asks for the WebGPU adapter in a process of its own: a run that uses no device would keep the driver's libraries,
 * 70 MB, to its end, and what was read of them to find the driver's version, 100 MB, for a while.
 */
import { type Adapter, adapterHere, quietenMesa } from "./adapter.ts";
import { driverVariables } from "./driver.ts";
import { denoWords } from "../project/deno_words.ts";

const permissions = ["--allow-read", `--allow-env=${driverVariables}`, "--allow-sys=osRelease"];

/**
 * The adapter. `root` is the project's directory. Asks here where no process may be started, as while a variable names
 * other libraries, or where that process breaks.
 */
export async function adapterApart(root: string): Promise<Adapter> {
  quietenMesa();
  const module = import.meta.resolve("./adapter_process.ts");
  try {
    const { success, stdout } = await new Deno.Command("sh", {
      args: ["-c", 'exec "$0" "$@"', ...denoWords({ root, module, flags: permissions })],
      stdin: "null",
      stderr: "inherit",
    }).output();
    if (success) return JSON.parse(new TextDecoder().decode(stdout));
  } catch { /* No permission, no `sh`, or no reply. */ }
  return await adapterHere();
}
