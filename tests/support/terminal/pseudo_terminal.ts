/** Runs commands in a pseudo-terminal of some size; `script` of util-linux makes it. */
import { quoted } from "../shell.ts";
import { root } from "../checkout.ts";
import { openEmulator } from "./emulator.ts";

interface TerminalSession {
  /** Rows that are on the screen at the end, and those above it. */
  rows: string[];
  text: string;
  code: number;
}

interface SessionOptions {
  columns: number;
  rows?: number;
  env?: Record<string, string>;
  /** A text after which Ctrl-C is typed. */
  interruptAfter?: string;
}

/** Runs a shell's command line on a terminal to its end. Exit code and screen are those that a user sees. */
export async function inTerminal(
  command: string,
  { columns, rows = 24, env = {}, interruptAfter }: SessionOptions,
): Promise<TerminalSession> {
  const line = `stty cols ${columns} rows ${rows} onlcr && ${command}`;
  const child = new Deno.Command("sh", {
    args: ["-c", `exec script --quiet --flush --return --command ${quoted(line)} /dev/null`],
    cwd: root,
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
    env: { NO_COLOR: "1", TERM: "xterm", INIT_CWD: "", ...env },
  }).spawn();
  const keys = child.stdin.getWriter();
  let text = "";
  let isInterrupted = false;
  for await (const part of child.stdout.pipeThrough(new TextDecoderStream())) {
    text += part;
    if (interruptAfter !== undefined && !isInterrupted && text.includes(interruptAfter)) {
      isInterrupted = true;
      await keys.write(new Uint8Array([3]));
    }
  }
  await keys.close().catch(() => {});
  const { code } = await child.status;
  const emulator = openEmulator({ columns, rows });
  emulator.write(text);
  return { rows: emulator.all(), text, code };
}
