import { parseArgs as nodeParseArgs } from "node:util";

/** The options of `@std/cli`'s `parseArgs` that this project uses; same meaning. */
export interface ParseOptions<B extends string, S extends string, C extends S> {
  /** Flags without a value; absent means `false`. */
  boolean?: readonly B[];
  /** Flags with a value; absent means `undefined`. `"_"` keeps positionals as strings. */
  string?: readonly S[];
  /** String flags that may be repeated; absent means `[]`. */
  collect?: readonly C[];
  /** Called for each flag that is not declared; returning `false` drops it from the result. */
  unknown?: (arg: string, key?: string, value?: unknown) => unknown;
}

/** The result of `parseArgs`: the declared flags, and the positionals under `_`. */
export type Args<B extends string, S extends string, C extends S> =
  & { _: string[] }
  & { [K in B]: boolean }
  & { [K in Exclude<S, C | "_">]: string | undefined }
  & { [K in C]: string[] };

/** Parses command-line arguments as `jsr:@std/cli/parse-args` does, on `node:util`'s parser. */
export function parseArgs<
  const B extends string = never,
  const S extends string = never,
  const C extends S = never,
>(args: string[], options: ParseOptions<B, S, C> = {}): Args<B, S, C> {
  const { boolean = [], string = [], collect = [], unknown } = options;
  const repeated = new Set<string>(collect);
  const strings = new Set<string>(string);
  const flags = new Set<string>(boolean);
  const { tokens } = nodeParseArgs({
    args,
    options: Object.fromEntries([
      ...boolean.map((name) => [name, { type: "boolean" as const }]),
      ...string.filter((name) => name !== "_").map((name) => [name, { type: "string" as const }]),
    ]),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const result: Record<string, unknown> = {};
  for (const name of boolean) result[name] = false;
  for (const name of collect) result[name] = [];
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") positionals.push(token.value);
    if (token.kind !== "option") continue;
    const { name, rawName, value } = token;
    if (flags.has(name)) result[name] = value === undefined ? true : value !== "false";
    else if (repeated.has(name)) (result[name] as string[]).push(value ?? "");
    else if (strings.has(name)) result[name] = value ?? "";
    else if (
      unknown?.(value === undefined ? rawName : `${rawName}=${value}`, name, value) !== false
    ) {
      result[name] = value ?? true;
    }
  }
  return { ...result, _: positionals } as Args<B, S, C>;
}
