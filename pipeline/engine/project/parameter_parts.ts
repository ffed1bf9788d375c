/**
 * Names, reads and changes parts of a job's parameters: a parameter, or what is inside it, as
 * `optimizer.rate` and `widths[0]`. `parameter_paths.ts` finds the jobs of a path.
 */
import type { z } from "zod";
import { isPlain } from "../../formats/json.ts";

/** Names of members and indices of lists, from a parameter to a value inside it. */
export type Members = readonly (string | number)[];

/** A parameter of some job, or what is inside it. */
export interface Part {
  readonly parameter: string;
  /** None where it is the parameter itself. */
  readonly members: Members;
}

/** Values of a job's parameters by their names. */
export type Given = Readonly<Record<string, unknown>>;

/** The part that a path names in a job with these parameters. A path to none of them counts as a parameter's name. */
export function partNamed(path: string, parameters: readonly string[]): Part {
  for (let end = path.length; end > 0; end--) {
    const parameter = path.slice(0, end);
    const members = end === path.length ? [] : membersIn(path.slice(end));
    if (members !== undefined && parameters.includes(parameter)) return { parameter, members };
  }
  return { parameter: path, members: [] };
}

/** The value of a part of a job's parameters; undefined where there is none. */
export const valueOfPart = (parameters: Given, { parameter, members }: Part): unknown =>
  [parameter, ...members].reduce<unknown>(
    (value, name) =>
      typeof value === "object" && value !== null && Object.hasOwn(value, name)
        ? (value as Record<string | number, unknown>)[name]
        : undefined,
    parameters,
  );

/** A copy of a job's parameters in which a part has the value that it has in others, if it can. */
export function withPartOf(parameters: Given, part: Part, others: Given): Given {
  const { parameter, members } = part;
  const before = valueOfPart(parameters, { parameter, members: [] });
  const to = valueOfPart(others, part) as z.core.util.JSONType | undefined;
  if (to === undefined || !mayHave(before, members)) return parameters;
  return { ...parameters, [parameter]: withMember(before, members, to) };
}

/** The members that `.optimizer.rate` or `[2].width` names; undefined for another text. */
export function membersIn(text: string): Members | undefined {
  if (!/^(\.[^.[\]]+|\[\d+\])+$/.test(text)) return undefined;
  return [...text.matchAll(/\.([^.[]+)|\[(\d+)\]/g)]
    .map(([, name, index]) => name ?? Number(index));
}

/** Tells whether a value can have such members. Where there is no object yet, the first member makes it. */
export function mayHave(value: unknown, [first, ...rest]: Members): boolean {
  if (first === undefined) return true;
  if (typeof first === "number") {
    return Array.isArray(value) && first < value.length && mayHave(value[first], rest);
  }
  if (value === undefined || value === null) return true;
  return isPlain(value) && mayHave(Object.hasOwn(value, first) ? value[first] : undefined, rest);
}

/** A copy of a value in which the members have the new value. */
export function withMember(
  value: unknown,
  [first, ...rest]: Members,
  to: z.core.util.JSONType,
): z.core.util.JSONType {
  if (first === undefined) return to;
  if (typeof first === "number") {
    const list = value as z.core.util.JSONType[];
    return list.with(first, withMember(list[first], rest, to));
  }
  const object = (value ?? {}) as Record<string, z.core.util.JSONType>;
  const own = Object.hasOwn(object, first) ? object[first] : undefined;
  return { ...object, [first]: withMember(own, rest, to) };
}

/** All members inside a value that `--set` can name, outer ones before what is in them. */
export function membersOf(value: unknown): Members[] {
  const own: [string | number, unknown][] = Array.isArray(value)
    ? [...value.entries()]
    : isPlain(value)
    ? Object.entries(value)
    : [];
  return own.flatMap(([name, inner]) => [
    [name],
    ...membersOf(inner).map((members) => [name, ...members]),
  ]);
}
