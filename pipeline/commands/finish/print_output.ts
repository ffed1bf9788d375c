/** Prints a command's output, for the terminal that there is. Every run that is up to date loads this. */
import type { CommandOutput } from "../../store/cached_output/remembered.ts";
import { print } from "../../terminal/print.ts";
import { quietLine, runScreen } from "../../terminal/run_screen.ts";
import { screenOf } from "../../terminal/screen.ts";
import type { StyledLines } from "../../terminal/styled.ts";
import { wrappedLines } from "../../terminal/wrapped.ts";

/** `took`: seconds of the run; by default those that this process has taken so far. */
export function printOutput(shown: CommandOutput["shown"], took = performance.now() / 1000): void {
  if ("text" in shown) return print(shown.text.split("\n"));
  const { summary, details, isQuiet = false } = shown;
  const screen = screenOf(Deno.stdout);
  const fitted = (lines: StyledLines) => print(wrappedLines(lines, screen.columns));
  if (isQuiet) return fitted([quietLine(summary, screen, took)]);
  if (details !== undefined) fitted([...details.split("\n"), ""]);
  print(runScreen(summary, screen, { took, isWhole: details !== undefined }));
}
