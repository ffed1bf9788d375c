/**
 * Fixes what a stage could see of time, place and chance: the language and time zone are those of no
 * country, random numbers follow from the job's key, the environment is empty, and what is printed goes to
 * the job's log. A clock can be read, and that is reported, because what follows from it is in no key.
 */

import nodeConsole from "node:console";
import { fixChance } from "./sandbox_chance.ts";
import { watchClocks } from "./sandbox_clocks.ts";
import { fixMachine } from "./sandbox_machine.ts";
import { replace } from "./sandbox_replace.ts";
import { fixStacks, isCalledByStage, stackOf } from "./sandbox_stacks.ts";
import { workerEnd } from "./worker_end.ts";

/** Reports of a stage that looks outside. */
interface Watcher {
  log(text: string): void;
  /** Called once a job for each clock that the stage's own code reads. */
  clock(name: string): void;
  /** Called when the stage tries to end its process or worker; does not return. */
  exit(name: string): never;
}

/** Changes the globals of this thread, before any code of a stage is loaded; gives how a job begins. */
export function fixGlobals(
  watcher: Watcher,
): { begin(key: string, facts: readonly string[]): void; seed(key: string, step: number): void } {
  fixStacks();
  const machine = fixMachine();
  fixLanguage();
  fixEnvironment();
  fixExits(watcher);
  const dropPart = fixOutput(watcher);
  const clocks = watchClocks(watcher.clock);
  const chance = fixChance();
  fixChannels(chance.drawKey);
  return {
    begin(key, facts) {
      machine.show(facts);
      clocks.clear();
      dropPart();
      chance.seed(key, 0);
    },
    seed: chance.seed,
  };
}

const locale = "en-US";

/**
 * The languages that code asks for, and then the fixed one: where none of a list is known, the runtime would
 * take that of the machine. What is no list of languages is left for the runtime to refuse.
 */
function languagesOf(asked: unknown): unknown {
  try {
    return [...Intl.getCanonicalLocales(asked as string[] | undefined ?? []), locale];
  } catch {
    return asked;
  }
}

/** The language of every machine, for code that names none. */
function fixLanguage(): void {
  const byLocale = [
    [String.prototype, ["localeCompare"], 1],
    [String.prototype, ["toLocaleLowerCase", "toLocaleUpperCase"], 0],
    [Number.prototype, ["toLocaleString"], 0],
    [BigInt.prototype, ["toLocaleString"], 0],
    [Array.prototype, ["toLocaleString"], 0],
    [Object.getPrototypeOf(Uint8Array.prototype), ["toLocaleString"], 0],
    [Date.prototype, ["toLocaleString", "toLocaleDateString", "toLocaleTimeString"], 0],
    ...temporalPrototypes().map((prototype) => [prototype, ["toLocaleString"], 0] as const),
  ] as const;
  for (const [prototype, names, at] of byLocale) {
    for (const name of names) {
      const original = (prototype as Record<string, (...given: unknown[]) => unknown>)[name];
      replace(prototype, name, function (this: unknown, ...given: unknown[]) {
        given[at] = languagesOf(given[at]);
        return original.apply(this, given);
      });
    }
  }
  for (const name of Object.getOwnPropertyNames(Intl)) {
    const original = (Intl as unknown as Record<string, unknown>)[name];
    if (typeof original !== "function" || !("supportedLocalesOf" in original)) continue;
    const named = ([first, ...rest]: unknown[]) => [languagesOf(first), ...rest];
    replace(
      Intl,
      name,
      new Proxy(original, {
        construct: (target, given, newTarget) => Reflect.construct(target, named(given), newTarget),
        apply: (target, that, given) => Reflect.apply(target, that, named(given)),
      }),
    );
  }
  const zone = / \(.*\)$/;
  for (const name of ["toString", "toTimeString"] as const) {
    const original = Date.prototype[name];
    replace(Date.prototype, name, function (this: Date) {
      return original.call(this).replace(zone, " (Coordinated Universal Time)");
    });
  }
  replace(navigator, "language", locale);
  replace(navigator, "languages", [locale]);
}

/** Returns the prototypes of dates and durations, if the runtime has Temporal. */
function temporalPrototypes(): object[] {
  const { Temporal } = globalThis as { Temporal?: Record<string, unknown> };
  if (Temporal === undefined) return [];
  return Object.getOwnPropertyNames(Temporal).map((name) => Temporal[name])
    .filter((value) => typeof value === "function")
    .map(({ prototype }) => prototype)
    .filter((prototype) => "toLocaleString" in prototype);
}

function fixExits({ exit }: Watcher): void {
  replace(Deno, "exit", () => exit("Deno.exit"));
  replace(globalThis, "close", () => exit("self.close"));
  const { process } = globalThis as { process?: object };
  if (process === undefined) return;
  for (const name of ["exit", "reallyExit", "abort"]) {
    replace(process, name, () => exit(`process.${name}`));
  }
}

/** Nothing joins a stage to another one, and workers are modules of its bundle, each with chance of its own. */
function fixChannels(drawKey: () => string): void {
  for (const name of ["BroadcastChannel", "caches", "localStorage", "sessionStorage"]) {
    replace(globalThis, name, undefined);
  }
  replace(
    globalThis,
    "Worker",
    new Proxy(Worker, {
      construct(target, [specifier, options], newTarget) {
        const module = String(specifier);
        if (module.endsWith(workerEnd)) {
          // The name is all that a worker has before its first message.
          const named = { ...options, name: `${drawKey()} ${options?.name ?? ""}` };
          return Reflect.construct(target, [specifier, named], newTarget);
        }
        if (module.startsWith("file:") && !isCalledByStage()) {
          return Reflect.construct(target, [specifier, options], newTarget);
        }
        throw new Error(
          "it started a worker of which nothing is fixed; expected the module written out in the " +
            `call: new Worker(new URL("…", import.meta.url)), found ${module.slice(0, 40)}`,
        );
      },
    }),
  );
  replace(Deno, "args", []);
}

/** No variable is set, and what is set here is seen by nobody else. */
function fixEnvironment(): void {
  const variables = new Map<string, string>();
  replace(
    Deno,
    "env",
    {
      get: (name: string) => variables.get(name),
      has: (name: string) => variables.has(name),
      set: (name: string, value: string) => void variables.set(name, value),
      delete: (name: string) => void variables.delete(name),
      toObject: () => Object.fromEntries(variables),
    } satisfies Deno.Env,
  );
  const { process } = globalThis as { process?: object };
  if (process !== undefined) replace(process, "env", {});
}

/** Everything that is printed is a line of the log. Gives a function that drops the part of a character. */
function fixOutput({ log }: Watcher): () => void {
  const decoders: TextDecoder[] = [];
  const print = (...given: unknown[]) => log(`${format(given)}\n`);
  const printers = ["log", "info", "debug", "warn", "error", "trace", "table", "dir", "dirxml"];
  // Node's console is another object.
  for (const one of [console, nodeConsole]) {
    for (const [name, method] of Object.entries(one)) {
      // Those that count, group or measure print nothing that a log needs.
      if (typeof method === "function") {
        replace(one, name, printers.includes(name) ? print : () => {});
      }
    }
    replace(one, "assert", (condition: unknown, ...given: unknown[]) => {
      if (!condition) print("Assertion failed:", ...given);
    });
  }
  // `process.stdout` writes by these too.
  for (const stream of [Deno.stdout, Deno.stderr]) {
    const decoder = new TextDecoder();
    decoders.push(decoder);
    replace(stream, "close", () => {});
    replace(stream, "isTerminal", () => false);
    replace(stream, "writeSync", (bytes: Uint8Array) => {
      // A character may be written in parts.
      log(decoder.decode(bytes, { stream: true }));
      return bytes.length;
    });
    replace(stream, "write", (bytes: Uint8Array) => Promise.resolve(stream.writeSync(bytes)));
    const write = (bytes: Uint8Array) => void stream.writeSync(bytes);
    replace(stream, "writable", new WritableStream({ write }));
  }
  for (const name of ["alert", "confirm", "prompt"]) {
    replace(globalThis, name, (message = "") => (print(message), null));
  }
  return () => decoders.forEach((decoder) => decoder.decode());
}

/** Words arguments as the console does, without its placeholders. */
const format = (given: readonly unknown[]): string =>
  given.map((one) =>
    typeof one === "string" ? one : one instanceof Error ? wordError(one) : Deno.inspect(one)
  ).join(" ");

/** The stack of an error, and those of its causes, each once: an error may be its own cause. */
function wordError(error: Error): string {
  const stacks = new Map<unknown, string>();
  let one: unknown = error;
  while (one instanceof Error && !stacks.has(one)) {
    stacks.set(one, stackOf(one));
    one = one.cause;
  }
  return [...stacks.values()].join("\nCaused by: ");
}
