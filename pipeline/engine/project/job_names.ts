/**
 * Finds the jobs that a user names: one by its name, all of a group (`train`, `train/`, `train/*`), or those
 * that fit a pattern (`train/fashion-*`). "." may stand for "/", as in the paths of `--set`.
 */
import { Failed } from "../failed.ts";
import { wildcard } from "./wildcard.ts";

/** A name as paths of parameters have it: with "." for "/". */
export const dotted = (name: string): string => name.replaceAll("/", ".");

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
  const meant = wildcard(wanted.includes("*") ? wanted : `${wanted}.*`);
  const found = wanted === "" ? [] : known.filter((name) => meant.test(dotted(name)));
  if (found.length > 0) return found;
  throw new Failed({ reason: "unknown-name", what, name: text, known });
}
