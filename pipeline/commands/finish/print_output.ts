/** Prints a command's output, for the terminal that there is. Every run that is up to date loads this. */
import type { CommandOutput } from "../../store/cached_output/remembered.ts";
import { print } from "../../terminal/print.ts";
import { quietLine, runScreen } from "../../terminal/run_screen.ts";
import { screenOf } from "../../terminal/screen.ts";
import { wrappedLines } from "../../terminal/wrapped.ts";

/** `took`: seconds of the run; by default those that this process has taken so far. */
export async function printOutput(
  shown: CommandOutput["shown"],
  took = performance.now() / 1000,
): Promise<void> {
  if ("text" in shown) return print(shown.text.split("\n"));
  const { summary, details, isQuiet = false } = shown;
  const screen = screenOf(Deno.stdout);
  if (isQuiet) return print(wrappedLines([quietLine(summary, screen, took)], screen.columns));
  if (details !== undefined) {
    const { laidOut } = await import("../../terminal/laid_out.ts");
    print([...laidOut(details, screen.columns), ""]);
  }
  print(runScreen(summary, screen, { took, isWhole: details !== undefined }));
}
