/**
 * What JSON can hold. `JSON.stringify` drops or changes the rest without a word: undefined, functions,
 * NaN, a Map, an object of a class. Here each is refused, with its place. Only the sign of zero is lost:
 * RFC 8785 writes -0 as 0.
 */
import { z } from "zod";
import { FormatError, wordType } from "./artifact_type.ts";

/** JSON nested deeper than this is refused: what walks a value may recurse, and the call stack is finite. */
export const deepest = 200;

/** What to do, by the type of what was found. */
const hints: Record<string, string> = {
  undefined: "leave the property out, or give null",
  number: "give null, or declare the place with fanin's schema Float, which holds it",
  bigint: "make it a number or text",
  object: "make it a plain object, an array, a number or text",
};

/**
 * Checks that a value is read back from JSON as it is.
 * @throws FormatError for the first place that is not
 */
export function checkJsonValue(kind: string, value: unknown): void {
  const path: (string | number)[] = [];
  const open = new Set<object>();
  const refuse = (found: string, hint?: string): never => {
    const place = path.length === 0 ? "" : ` at ${z.core.toDotPath(path)}`;
    const advice = hint === undefined ? "" : `; ${hint}`;
    throw new FormatError(`${kind}: expected a JSON value${place}, found ${found}${advice}`);
  };
  const visit = (value: unknown): void => {
    if (value === null || typeof value === "boolean") return;
    if (typeof value === "number") {
      if (!Number.isFinite(value)) refuse(String(value), hints.number);
      return;
    }
    if (typeof value === "string") {
      if (!value.isWellFormed()) refuse("text with half of a surrogate pair");
      return;
    }
    const isArray = Array.isArray(value);
    if (!isArray && !isPlain(value)) return refuse(wordType(value), hints[typeof value]);
    if (open.has(value)) refuse("an object that holds itself");
    if (open.size === deepest) refuse(`values nested more than ${deepest} deep`);
    open.add(value);
    for (const key of isArray ? value.keys() : Object.keys(value)) {
      path.push(key);
      if (typeof key === "string" && !key.isWellFormed()) refuse("a name that is no Unicode");
      visit((value as Record<string | number, unknown>)[key]);
      path.pop();
    }
    open.delete(value);
  };
  visit(value);
}

/** Whether a value is an object that is of no class: `{ … }`. */
export function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}
