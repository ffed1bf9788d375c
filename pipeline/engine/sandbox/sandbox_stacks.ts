/**
 * Keeps places out of `Error.stack`: a stack has paths of the checkout, and lines that a comment moves
 * without a change of the key. The host and the job's log have the whole stack by `stackOf`.
 */
import { replace } from "./sandbox_replace.ts";
import { sourceScheme } from "./stage_error.ts";

/** Errors whose stack was formatted → that stack with its places. */
const stacks = new WeakMap<object, string>();

/** Makes the stack of each error from now on its name and message alone. */
export function fixStacks(): void {
  replace(Error, "prepareStackTrace", (error: object, sites: readonly object[]) => {
    const title = titleOf(error);
    stacks.set(error, [title, ...sites.map((site) => `    at ${site}`)].join("\n"));
    return title;
  });
}

function titleOf(error: object): string {
  try {
    return String(error);
  } catch {
    return "Error";
  }
}

/** The stack of an error with its places. */
export function stackOf(error: Error): string {
  // The runtime formats a stack when it is first asked for.
  const { stack } = error;
  return stacks.get(error) ?? String(stack ?? "");
}

/** Gives an error the places of `framesHere` in the place of its own. */
export function setFrames(error: Error, frames: string): void {
  // Formatting it later would put its own places there.
  stackOf(error);
  stacks.set(error, titleOf(error) + frames);
}

/** The places that led here, with the line break before the first. */
export function framesHere(): string {
  const stack = stackOf(new Error());
  return stack.slice(stack.indexOf("\n"));
}

const ownFrame = /\/sandbox_(stacks|clocks|chance|globals)\.ts:/;

/** Tells whether the code that called into the sandbox is the stage's own, of its bundle. */
export function isCalledByStage(): boolean {
  // Text that is run as code has no file: it is the caller's.
  const frames = framesHere().split("\n").filter((frame) => !frame.includes("(eval at "));
  const caller = frames.find((frame) => frame.includes("/") && !ownFrame.test(frame));
  return caller !== undefined && caller.includes(sourceScheme);
}
