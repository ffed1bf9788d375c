/**
 * Fixes what a stage could see of time, place and chance: the language and time zone are those of no
 * country, random numbers follow from the job's key, the environment is empty, and what is printed goes to
 * the job's log. A clock can be read, and that is reported, as what follows from it is in no key.
 */

import nodeConsole from "node:console";
import { sourceScheme } from "./stage_error.ts";

/** What is told of a stage that looks outside. */
export interface Watcher {
  log(text: string): void;
  /** Called once a job for each clock that the stage's own code reads. */
  clock(name: string): void;
  /** Called when the stage tries to end its process or worker; does not return. */
  exit(name: string): never;
}

/** Changes the globals of this thread, before any code of a stage is loaded; gives how a job begins. */
export function fixGlobals(watcher: Watcher): { begin(key: string): void } {
  fixLanguage();
  fixEnvironment();
  fixChannels();
  fixExits(watcher);
  fixOutput(watcher);
  const clocks = watchClocks(watcher);
  const chance = fixChance();
  return {
    begin(key) {
      clocks.clear();
      chance.seed(key);
    },
  };
}

const replace = (target: object, name: string, value: unknown): void =>
  void Object.defineProperty(target, name, { value, writable: true, configurable: true });

const locale = "en-US";

/** Where no language is named, every machine takes the same one. */
function fixLanguage(): void {
  const byLocale = [
    [String.prototype, ["localeCompare"], 1],
    [String.prototype, ["toLocaleLowerCase", "toLocaleUpperCase"], 0],
    [Number.prototype, ["toLocaleString"], 0],
    [BigInt.prototype, ["toLocaleString"], 0],
    [Array.prototype, ["toLocaleString"], 0],
    [Object.getPrototypeOf(Uint8Array.prototype), ["toLocaleString"], 0],
    [Date.prototype, ["toLocaleString", "toLocaleDateString", "toLocaleTimeString"], 0],
  ] as const;
  for (const [prototype, names, at] of byLocale) {
    for (const name of names) {
      const original = (prototype as Record<string, (...given: unknown[]) => unknown>)[name];
      replace(prototype, name, function (this: unknown, ...given: unknown[]) {
        given[at] ??= locale;
        return original.apply(this, given);
      });
    }
  }
  for (const name of Object.getOwnPropertyNames(Intl)) {
    const original = (Intl as unknown as Record<string, unknown>)[name];
    if (typeof original !== "function" || !("supportedLocalesOf" in original)) continue;
    const named = ([first, ...rest]: unknown[]) => [first ?? locale, ...rest];
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

function fixExits({ exit }: Watcher): void {
  replace(Deno, "exit", () => exit("Deno.exit"));
  replace(globalThis, "close", () => exit("self.close"));
  const { process } = globalThis as { process?: object };
  if (process === undefined) return;
  replace(process, "exit", () => exit("process.exit"));
}

/** Nothing joins a stage to another one, and workers are modules of its bundle. */
function fixChannels(): void {
  for (const name of ["BroadcastChannel", "caches", "localStorage", "sessionStorage"]) {
    replace(globalThis, name, undefined);
  }
  replace(
    globalThis,
    "Worker",
    new Proxy(Worker, {
      construct(target, [specifier, ...given], newTarget) {
        if (String(specifier).startsWith("file:")) {
          return Reflect.construct(target, [specifier, ...given], newTarget);
        }
        throw new Error(
          `a worker's module is named by new URL("./…", import.meta.url) written out; found ` +
            String(specifier).slice(0, 40),
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

/** Everything that is printed is a line of the log. */
function fixOutput({ log }: Watcher): void {
  const decoder = new TextDecoder();
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
  for (const stream of [Deno.stdout, Deno.stderr]) {
    replace(stream, "writeSync", (bytes: Uint8Array) => {
      log(decoder.decode(bytes));
      return bytes.length;
    });
    replace(stream, "write", (bytes: Uint8Array) => Promise.resolve(stream.writeSync(bytes)));
    const write = (bytes: Uint8Array) => void stream.writeSync(bytes);
    replace(stream, "writable", new WritableStream({ write }));
  }
}

/** As the console words its arguments, without its placeholders. */
const format = (given: readonly unknown[]): string =>
  given.map((one) => typeof one === "string" ? one : Deno.inspect(one)).join(" ");

function watchClocks({ clock }: Watcher): Set<string> {
  const told = new Set<string>();
  const tell = (name: string) => {
    // Packages measure how long they take, and draw by it nothing that is kept.
    if (told.has(name) || !isCalledByStage(new Error().stack ?? "")) return;
    told.add(name);
    clock(name);
  };
  const { now } = Date;
  const RealDate = Date;
  replace(Date, "now", () => {
    tell("Date.now");
    return now();
  });
  replace(
    globalThis,
    "Date",
    new Proxy(Date, {
      construct(target, given, newTarget) {
        if (given.length === 0) tell("new Date");
        return Reflect.construct(target, given, newTarget);
      },
      apply(target) {
        tell("Date");
        return new target().toString();
      },
    }),
  );
  RealDate.prototype.constructor = Date;
  return told;
}

/** Whether the code that called into this file is the stage's own, of its bundle. */
function isCalledByStage(stack: string): boolean {
  const [, ...frames] = stack.split("\n");
  const caller = frames.find((frame) => frame.includes("/") && !frame.includes("sandbox_globals"));
  return caller !== undefined && caller.includes(sourceScheme);
}

/** Chance is a generator that the job's key starts, so that the same key has the same bytes. */
function fixChance(): { seed(key: string): void } {
  let next = sfc32("");
  const bytes = (view: Uint8Array) => {
    for (let i = 0; i < view.length; i++) view[i] = next();
  };
  replace(Math, "random", () => (next() >>> 5) * 2 ** -27);
  replace(Crypto.prototype, "getRandomValues", (view: ArrayBufferView) => {
    bytes(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
    return view;
  });
  replace(Crypto.prototype, "randomUUID", () => {
    const view = new Uint8Array(16);
    bytes(view);
    view[6] = view[6] & 0x0f | 0x40;
    view[8] = view[8] & 0x3f | 0x80;
    const hex = [...view].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  });
  return { seed: (key) => next = sfc32(key) };
}

/**
 * Unsigned words of 32 bits, by Doty-Humphrey's sfc32 (PractRand), started from the first 24 hexadecimal
 * digits of a key. Good enough to make names and jitter; experiments have generators of their own.
 */
function sfc32(key: string): () => number {
  const word = (at: number) => parseInt(key.slice(at, at + 8) || "0", 16) | 0;
  let [a, b, c, counter] = [word(0), word(8), word(16), 1];
  const step = () => {
    const sum = (a + b | 0) + counter | 0;
    counter = counter + 1 | 0;
    a = b ^ b >>> 9;
    b = c + (c << 3) | 0;
    c = (c << 21 | c >>> 11) + sum | 0;
    return sum >>> 0;
  };
  for (let i = 0; i < 12; i++) step();
  return step;
}
