/**
 * Observes a command, one at a time: collects what it looks at, and what no later run can check.
 * `watch_deno.ts` makes Deno report here. Imports nothing that takes time to load.
 */
import type { Dependency, Kind } from "./dependency.ts";

interface Observation {
  /** States by kind and name. */
  readonly looks: Map<string, Dependency>;
  /** Questions to the world that cannot be checked later, such as the time or a server. */
  readonly asked: Set<string>;
  end(): void;
}

let current: Observation | undefined;

/** True if looks are no concern of the command's at the moment, but those of `look` itself. */
let isQuiet = false;

/** Begins; `end` is called at the end. */
export function begin(end: () => void): void {
  current = { looks: new Map(), asked: new Set(), end };
}

/** Tells whether one has begun and not ended. */
export const isObserving = (): boolean => current !== undefined;

/** Ends. Gives what the command depended on; undefined if not all of it is known. */
export function endObservation(): Dependency[] | undefined {
  if (current === undefined) return undefined;
  const { looks, asked, end } = current;
  current = undefined;
  end();
  if (asked.size > 0) return undefined;
  const all = [...looks.values()];
  const more = new Set(
    all.filter(([kind, , state]) => kind !== "presence" && state !== "").map(([, name]) => name),
  );
  // That a file is there says no more than its content.
  return all.filter(([kind, name]) => kind !== "presence" || !more.has(name));
}

/**
 * Records a look, unless the same was looked at before: the first state is the one that the output came
 * of. `state` gives it.
 */
export function look(kind: Kind, name: string, state: () => string): void {
  const key = `${kind} ${name}`;
  if (current === undefined || isQuiet || current.looks.has(key)) return;
  current.looks.set(key, [kind, name, quietly(state)]);
}

/** Records a question to the world. */
export function ask(what: string): void {
  if (!isQuiet) current?.asked.add(what);
}

/** Does work whose looks are not recorded. */
export function quietly<T>(work: () => T): T {
  const before = isQuiet;
  isQuiet = true;
  try {
    return work();
  } finally {
    isQuiet = before;
  }
}
