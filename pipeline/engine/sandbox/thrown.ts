/**
 * Words whatever a stage throws. Code can throw any value: undefined, an object, an `Error` whose message
 * has ten megabytes or cannot be read.
 */

/** A message with more lines or more characters (UTF-16 units) than these is cut. */
const most = { lines: 60, characters: 8_000 };

/** Lines and characters that a cut message keeps, so that with the last line it is none to be cut. */
const kept = { lines: 50, characters: 7_500 };

/** The message itself, or its beginning and how much of it is left out. */
export function bounded(message: string): string {
  const lines = message.split("\n", most.lines + 1);
  if (lines.length <= most.lines && message.length <= most.characters) return message;
  const beginning = lines.slice(0, kept.lines).join("\n").slice(0, kept.characters).toWellFormed();
  const left = (message.length - beginning.length).toLocaleString("en");
  return `${beginning}\n… and ${left} more characters`;
}

/** Words what was thrown, to follow "it failed: ". Throws nothing. */
export function wordThrown(thrown: unknown): string {
  try {
    if (thrown instanceof Error) return bounded(messageOf(thrown));
    if (typeof thrown === "string" && thrown.trim() !== "") return bounded(thrown);
    return bounded(`it threw ${shown(thrown)}; expected an Error, which has a message and a stack`);
  } catch {
    return "it threw a value that cannot be shown; expected an Error with a message";
  }
}

/** Errors that are worded of one that was thrown, itself included. */
const mostErrors = 20;

/**
 * Words an error, and on lines of their own its cause and the errors that it gathers, with theirs. Each is worded
 * once, and none whose words stand in the text before.
 */
export function wordWithCauses(error: Error): string {
  let text = wordThrown(error);
  const seen = new Set<unknown>([error]);
  const add = (introduction: string, inner: unknown) => {
    if (!(inner instanceof Error) || seen.has(inner) || seen.size === mostErrors) return;
    seen.add(inner);
    const words = wordThrown(inner);
    // A failure may be shown in one line.
    const end = /[.,;:!?…]$/.test(text) ? "" : ";";
    if (!text.includes(words)) text += `${end}\n${introduction}: ${words}`;
    visit(inner);
  };
  const visit = (one: Error) => {
    const { cause, errors } = reasonsOf(one);
    add("Caused by", cause);
    for (const [i, inner] of errors.slice(0, mostErrors).entries()) {
      add(`Error ${i + 1} of ${errors.length}`, inner);
    }
  };
  visit(error);
  return text;
}

/** The cause of an error and the errors that it gathers, as an `AggregateError` does. None where they cannot be read. */
function reasonsOf(error: Error): { cause?: unknown; errors: readonly unknown[] } {
  try {
    const { cause, errors } = error as Error & { errors?: unknown };
    return { cause, errors: Array.isArray(errors) ? errors : [] };
  } catch {
    return { errors: [] };
  }
}

function messageOf(error: Error): string {
  let message: unknown;
  try {
    message = error.message;
  } catch (cause) {
    return `it threw an Error whose message cannot be read: ${wordThrown(cause)}`;
  }
  if (typeof message !== "string") return `it threw an Error with the message ${shown(message)}`;
  return message.trim() === "" ? `it threw an empty ${error.name}; expected a message` : message;
}

const shown = (value: unknown): string =>
  Deno.inspect(value, { depth: 2, iterableLimit: 20, strAbbreviateSize: 200, breakLength: 100 });
