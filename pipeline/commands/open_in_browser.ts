/** Opens an address in the user's browser. */
import { withoutLoader } from "../engine/machine/loader_variables.ts";
import { Failed } from "../engine/failed.ts";

/** Programs that open an address in the user's browser, by system. */
const openers: Partial<Record<typeof Deno.build.os, [program: string, ...args: string[]]>> = {
  darwin: ["open"],
  windows: ["explorer"],
};

export async function openInBrowser(address: string): Promise<void> {
  const [program, ...args] = openers[Deno.build.os] ?? ["xdg-open"];
  try {
    const options = { args: [...args, address], env: withoutLoader };
    const { success } = await new Deno.Command(program, options).output();
    // Windows' explorer gives 1 also when it has opened it.
    if (success || Deno.build.os === "windows") return;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  throw new Failed({ reason: "not-opened", program, address });
}
