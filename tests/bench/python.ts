/**
 * Python programs to compare with: one that can import what is needed, running as a child that takes
 * its turns. A request is a line, its answer a line of JSON; the first line comes unasked.
 */
import { fileURLToPath } from "node:url";

interface Python {
  /** The program's report on itself. */
  readonly hello: Record<string, string>;
  /** Each program's answers have a form of their own. */
  // deno-lint-ignore no-explicit-any
  ask(request: string): Promise<any>;
  stop(): Promise<void>;
}

/** The first Python that can import the named packages, or undefined. */
async function findPython(packages: string): Promise<string | undefined> {
  for (const python of ["python3", "/usr/bin/python3"]) {
    try {
      const { success } = await new Deno.Command(python, {
        args: ["-c", `import ${packages}`],
        stdout: "null",
        stderr: "null",
      }).output();
      if (success) return python;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}

/** Starts `script`, a file beside this one; undefined where no Python can import `packages`. */
export async function startPython(
  packages: string,
  script: string,
  args: string[],
): Promise<Python | undefined> {
  const python = await findPython(packages);
  if (python === undefined) return undefined;
  const process = new Deno.Command(python, {
    args: [fileURLToPath(new URL(script, import.meta.url)), ...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const requests = process.stdin.getWriter();
  const answers = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const answer = async () => {
    while (!text.includes("\n")) {
      const { value, done } = await answers.read();
      if (done) throw new Error(`${python} ended before it answered; its message is above`);
      text += value;
    }
    const end = text.indexOf("\n") + 1;
    const line = text.slice(0, end);
    text = text.slice(end);
    return JSON.parse(line);
  };
  return {
    hello: await answer(),
    async ask(request) {
      await requests.write(new TextEncoder().encode(`${request}\n`));
      return await answer();
    },
    async stop() {
      await requests.close();
      await answers.cancel();
      await process.status;
    },
  };
}
