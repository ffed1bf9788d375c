/** Runs what a document says: its commands in order, each compared with the output that the document shows. */
import { assert } from "@std/assert";
import { join } from "node:path";
import { root } from "./checkout.ts";
import { copyCheckout, link } from "./copied_files.ts";

interface Step {
  command: string;
  /** Lines of the output, in order; "…" stands for anything. */
  lines: string[];
  code: number;
}

/** The commands in a document, with what it shows of their output. */
export const stepsIn = (document: string): Step[] =>
  [...document.matchAll(/^```console\n(.*?)^```$/gms)]
    .flatMap(([, text]) => text.split(/^\$ /m).slice(1))
    .map((text) => {
      const [command, ...lines] = text.trimEnd().split("\n");
      const code = Number(/^exit code (\d+)$/.exec(lines.at(-1) ?? "")?.[1] ?? 0);
      return { command, lines: code === 0 ? lines : lines.slice(0, -1), code };
    });

/** The files in a document, by name: blocks of code under a line with their name alone. */
export const filesIn = (document: string): Record<string, string> =>
  Object.fromEntries(
    [...document.matchAll(/^`([^`\n]+)`:\n\n```\w+\n(.*?)^```$/gms)]
      .map(([, name, text]) => [name, text]),
  );

/** Columns may be set otherwise where other rows are shown with them. */
const plain = (line: string): string => line.replace(/\s+/g, " ").trim();

/** True if a line has the parts between "…" in this order. */
function has(line: string, parts: readonly string[]): boolean {
  let at = 0;
  return parts.every((part) => {
    const found = line.indexOf(part, at);
    at = found + part.length;
    return found >= 0;
  });
}

/** Fails unless the lines stand in an output, in this order. */
export function assertPrinted({ command, lines }: Step, output: string): void {
  const left = output.split("\n").map(plain);
  for (const line of lines) {
    const parts = line.split("…").map(plain).filter((part) => part !== "");
    if (parts.length === 0) continue;
    const found = left.findIndex((one) => has(one, parts));
    assert(found >= 0, `${command}\nexpected ${line}\nfound ${output}`);
    left.splice(0, found + 1);
  }
}

/** Makes a user's checkout, which shares this one's packages. */
export async function checkout(at: string): Promise<void> {
  await copyCheckout(at);
  await link(join(root, "node_modules"), join(at, "node_modules"));
}
