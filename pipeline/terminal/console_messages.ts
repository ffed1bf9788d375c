/** Has what the user's own modules print by `console` be messages: standard output is for results. */

/** Methods that print to standard output by themselves, and those that they share what they count with. */
const own = [
  "table",
  "dir",
  "dirxml",
  "count",
  "countReset",
  "time",
  "timeLog",
  "timeEnd",
] as const;

/** Sends all that `console` prints in this thread to standard error. */
export function consoleToStandardError(): void {
  console.log = console.info = console.debug = console.error;
  let messages: Console | undefined;
  for (const name of own) {
    console[name] = (...given: unknown[]) => {
      messages ??= onStandardError();
      (messages[name] as (...given: unknown[]) => void)(...given);
    };
  }
}

/** A console that is loaded when something prints by it, as commands start without Node's modules. */
function onStandardError(): Console {
  // @ts-ignore: `process` is there in Deno; importing node:process for its type would load it.
  const { process } = globalThis;
  const { Console }: typeof import("node:console") = process.getBuiltinModule("node:console");
  return new Console(process.stderr);
}
