/**
 * Runs commands of a test pipeline one after the other in one process, because starting one takes longer than most
 * of them do. Whatever a command leaves open keeps the process from ending, as it would its own.
 */
import { divider } from "../fixtures/run_pipeline.ts";
import type { Ended } from "./deno_command.ts";

export interface CommandProcess extends AsyncDisposable {
  /** Call it again when the command before has ended. */
  run(args: readonly string[]): Promise<Ended>;
}

/** Starts a process; the command line of `deno` ends with `each`. */
export function startCommands(
  { args, cwd, env }: { args: string[]; cwd: string; env: Record<string, string> },
): CommandProcess {
  const piped = { stdin: "piped", stdout: "piped", stderr: "piped" } as const;
  const child = new Deno.Command("deno", { args, cwd, env, ...piped }).spawn();
  const commands = child.stdin.getWriter();
  const [out, err] = [child.stdout, child.stderr].map(sectionsOf);
  return {
    async run(args) {
      await commands.write(new TextEncoder().encode(`${JSON.stringify(args)}\n`));
      const [printed, complained] = await Promise.all([out.next(), err.next()]);
      if (printed.code === undefined || complained.code === undefined) {
        throw new Error(`expected ${args.join(" ")} to end, found: ${complained.text}`);
      }
      return { code: printed.code, out: printed.text, err: complained.text };
    },
    async [Symbol.asyncDispose]() {
      await commands.close().catch(() => {});
      await Promise.all([child.status, out.cancel(), err.cancel()]);
    },
  };
}

/** The number after the divider is the exit code. */
const pattern = new RegExp(`${divider}(\\d+)\n`);

/** Reads what one command after the other wrote to a stream; without an exit code where the stream ends. */
function sectionsOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let left = "";
  return {
    async next(): Promise<{ text: string; code?: number }> {
      for (;;) {
        const end = pattern.exec(left);
        if (end !== null) {
          const text = left.slice(0, end.index);
          left = left.slice(end.index + end[0].length);
          return { text, code: Number(end[1]) };
        }
        const { value, done } = await reader.read();
        if (done) return { text: left };
        left += value;
      }
    },
    cancel: () => reader.cancel(),
  };
}
