/**
 * Finds the jobs that a user names: one by its name, all of a group (`train`, `train/`, `train/*`), or those
 * that fit a pattern (`train/fashion-*`). "." may stand for "/", as in the paths of `--set`.
 */
import { Failed } from "../failed.ts";

/** A name as paths of parameters have it: with "." for "/". */
export const dotted = (name: string): string => name.replaceAll("/", ".");

/** Tests a dotted name against a dotted pattern, in which "*" stands for any text. */
export function fits(pattern: string): (name: string) => boolean {
  const parts = pattern.split("*").map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, "\\$&"));
  const form = new RegExp(`^${parts.join(".*")}$`, "s");
  return (name) => form.test(name);
}

/**
 * Returns the names that a text means among the known ones, in their order. Throws a failure where there is
 * none; `what` says in it what they are.
 */
export function jobsNamed(text: string, known: readonly string[], what = "job"): string[] {
  const own = known.filter((name) => name === text);
  if (own.length > 0) return own;
  const wanted = dotted(text).replace(/\.$/, "");
  const same = known.filter((name) => dotted(name) === wanted);
  if (same.length > 0) return same;
  const isMeant = fits(wanted.includes("*") ? wanted : `${wanted}.*`);
  const found = wanted === "" ? [] : known.filter((name) => isMeant(dotted(name)));
  if (found.length > 0) return found;
  throw new Failed({ reason: "unknown-name", what, name: text, known });
}
