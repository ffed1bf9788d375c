/** Writes, copies, links, edits and reads files of a test. */
import { dirname, join } from "node:path";
import { sha256Of } from "../../pipeline/store/sha256.ts";
import { root } from "./checkout.ts";
import { quoted, shell } from "./shell.ts";

/** Writes a text, and makes the directories that it lies in. */
export async function writeText(path: string, text: string): Promise<void> {
  await Deno.mkdir(dirname(path), { recursive: true });
  await Deno.writeTextFile(path, text);
}

/** Copies a directory with all that lies in it; a link leads where it led, counted from its place. */
export async function copyTree(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory, isSymlink } of Deno.readDir(from)) {
    const [path, copy] = [join(from, name), join(to, name)];
    if (isDirectory) await copyTree(path, copy);
    else if (isSymlink) await link(await Deno.readLink(path), copy);
    else await Deno.copyFile(path, copy);
  }
}

/** Copies what the engine and the stages need of this checkout. */
export async function copyCheckout(to: string): Promise<void> {
  const directories = ["package", "pipeline", "schemas", "vendor", "stages", "artifacts/reference"];
  for (const part of directories) await copyTree(join(root, part), join(to, part));
  for (const file of ["deno.json", "deno.lock"]) {
    await Deno.copyFile(join(root, file), join(to, file));
  }
}

/** Makes a symbolic link; Deno's own needs the permission to write anywhere. */
export async function link(to: string, at: string): Promise<void> {
  const { code, err } = await shell(`ln -s ${quoted(to)} ${quoted(at)}`, dirname(at));
  if (code !== 0) throw new Error(err);
}

/** Replaces text in a file; fails if it is not there. */
export async function edit(path: string, from: string, to: string): Promise<void> {
  const text = await Deno.readTextFile(path);
  if (!text.includes(from)) throw new Error(`expected ${JSON.stringify(from)} in ${path}`);
  await Deno.writeTextFile(path, text.replace(from, to));
}

/** The JSON in a file. The caller parses what it needs of it. */
export const readJson = async (...path: string[]) =>
  JSON.parse(await Deno.readTextFile(join(...path)));

/** Everything under a directory: path → SHA-256, or nothing for a directory. */
export function tree(directory: string): Record<string, string> {
  const found: Record<string, string> = {};
  const walk = (at: string) => {
    for (const { name, isDirectory } of Deno.readDirSync(join(directory, at))) {
      const path = at === "" ? name : `${at}/${name}`;
      if (isDirectory) {
        found[`${path}/`] = "";
        walk(path);
      } else found[path] = sha256Of(Deno.readFileSync(join(directory, path)));
    }
  };
  walk("");
  return Object.fromEntries(Object.entries(found).sort());
}
