/**
 * States of what a command looks at and this module can check at once. Imports nothing that takes time to load,
 * because every run that has nothing to do checks hundreds of them.
 */
import { isAbsence } from "../existence.ts";
import { checksumOf } from "../sealed.ts";

/** A checksum of the names in a directory; empty where there is no directory. */
export function namesIn(path: string): string {
  try {
    return checksumOf([...Deno.readDirSync(path)].map(({ name }) => `${name}\n`).sort().join(""));
  } catch (error) {
    return isAbsence(error) ? "" : String(error);
  }
}

/** `file`, `directory` or `other`; empty where there is nothing. */
export function presenceOf(path: string): string {
  try {
    const { isFile, isDirectory } = Deno.statSync(path);
    return isFile ? "file" : isDirectory ? "directory" : "other";
  } catch (error) {
    return isAbsence(error) ? "" : String(error);
  }
}

/** A checksum of an environment variable's value, which may be a secret; empty where it is not set. */
export function checksumOfVariable(name: string): string {
  const value = Deno.env.get(name);
  return value === undefined ? "" : `${value.length} ${checksumOf(value)}`;
}
