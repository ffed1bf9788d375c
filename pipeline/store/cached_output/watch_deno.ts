/**
 * Watches what a command looks at, by wrapping Deno's functions that look at files, so that no list can be
 * incomplete. For code that is not the engine's it watches more: loaded modules, variables, and what
 * cannot be checked later, such as the time, the network or a random number.
 */
import { registerHooks } from "node:module";
import { relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { hashFile } from "../sha256.ts";
import { type Kind, stateOf } from "./dependency.ts";
import { ask, begin, look } from "./observation.ts";

/** Calls of code that is not the engine's, which run now; and what ends watching them. */
let running = 0;
let unwatch: (() => void)[] = [];

/**
 * Begins an observation. Of `artifacts/store`, given as `caches`, and of the store, which may lie elsewhere, the
 * files do not count that just save time.
 */
export function observe(caches: string, store: string): void {
  const real = Deno;
  begin(() => putGlobal("Deno", { value: real }));
  putGlobal("Deno", {
    value: watched(real, (kind, path) => {
      const full = path instanceof URL ? fileURLToPath(path) : resolve(path);
      const within = (directory: string) => relative(directory, full).replaceAll("\\", "/");
      const counts = /^(\.\.|blobs|actions|users)(\/|$)/.test(within(caches)) &&
        !/^(tmp|locks|damaged)(\/|$)/.test(within(store));
      if (counts) lookAt(kind, full);
    }),
  });
}

/** Runs code that is not the engine's. May be called again meanwhile. */
export async function watchForeign<T>(work: () => T | Promise<T>): Promise<T> {
  if (running++ === 0) unwatch = [watchModules(), watchChance(), watchWorld()];
  try {
    return await work();
  } finally {
    if (--running === 0) { for (const stop of unwatch) stop(); }
  }
}

const lookAt = (kind: Kind, name: string): void =>
  look(kind, name, () => stateOf(kind, name, digest));

function digest(path: string): string | undefined {
  try {
    return hashFile(path);
  } catch {
    // There is none, or it is no file; one that cannot be read fails who looks at it.
    return undefined;
  }
}

/** Functions of Deno that look at the path which is their first argument. */
const lookers: Record<string, Kind> = {
  readFile: "content",
  readFileSync: "content",
  readTextFile: "content",
  readTextFileSync: "content",
  open: "content",
  openSync: "content",
  readDir: "names",
  readDirSync: "names",
  stat: "presence",
  statSync: "presence",
  lstat: "presence",
  lstatSync: "presence",
  realPath: "presence",
  realPathSync: "presence",
};

/** Parts of Deno that ask the world nothing, or on which every cached output depends anyway. */
const known = ["args", "build", "cwd", "errors", "inspect", "mainModule", "SeekMode", "version"];

/** Deno, with its looks recorded. */
function watched(
  real: typeof Deno,
  lookAtPath: (kind: Kind, path: string | URL) => void,
): typeof Deno {
  const askFor = (name: string) => running > 0 && ask(`Deno.${name}`);
  const env = new Proxy(real.env, {
    get(target, name: keyof typeof Deno.env) {
      if (name !== "get" && name !== "has") {
        askFor(`env.${String(name)}`);
        return target[name];
      }
      return (variable: string) => {
        if (running > 0) lookAt("variable", variable);
        return target[name](variable);
      };
    },
  });
  return new Proxy(real, {
    get(target, name: keyof typeof Deno) {
      if (name === "env") return env;
      const value = target[name];
      const kind = lookers[name];
      if (kind === undefined) {
        if (!known.includes(name)) askFor(String(name));
        return value;
      }
      const looker = value as (path: string | URL, options?: Deno.OpenOptions) => unknown;
      return (path: string | URL, options?: Deno.OpenOptions) => {
        if (options?.write || options?.append) askFor(name);
        else lookAtPath(kind, path);
        return looker(path, options);
      };
    },
  });
}

/** Modules of the runtime that compute alone. */
const pure =
  /^node:(assert|buffer|events|path|punycode|querystring|string_decoder|url|util|zlib)(\/|$)/;

/** Records each module that is imported, of the repository or of a package. */
function watchModules(): () => void {
  const hooks = registerHooks({
    resolve(specifier, context, next) {
      const found = next(specifier, context);
      const { url } = found;
      if (url.startsWith("file:")) lookAt("content", fileURLToPath(url));
      else if (!url.startsWith("data:") && !pure.test(url)) ask(url);
      return found;
    },
  });
  return () => hooks.deregister();
}

function watchChance(): () => void {
  const { random } = Math;
  Math.random = () => {
    ask("Math.random");
    return random();
  };
  const date = Date;
  putGlobal("Date", {
    value: new Proxy(date, {
      construct(target, args, newTarget) {
        if (args.length === 0) ask("Date");
        return Reflect.construct(target, args, newTarget);
      },
      apply(target) {
        ask("Date");
        return target();
      },
      get(target, name) {
        if (name === "now") ask("Date");
        return Reflect.get(target, name);
      },
    }),
  });
  return () => {
    Math.random = random;
    putGlobal("Date", { value: date });
  };
}

/** Globals that ask the world, and what of them does not. */
const worldly: Record<string, readonly string[]> = {
  caches: [],
  confirm: [],
  crypto: [],
  EventSource: [],
  fetch: [],
  Intl: [],
  localStorage: [],
  location: [],
  navigator: ["userAgent"],
  performance: [],
  process: [],
  prompt: [],
  sessionStorage: [],
  Temporal: [],
  WebSocket: [],
  Worker: [],
};

function watchWorld(): () => void {
  const before = Object.entries(worldly).flatMap(([name, known]) => {
    const descriptor = Object.getOwnPropertyDescriptor(globalThis, name);
    if (descriptor === undefined) return [];
    const get = () => {
      const value = descriptor.get === undefined
        ? descriptor.value
        : descriptor.get.call(globalThis);
      if (known.length > 0) {
        return new Proxy(value, {
          get(target, property) {
            if (!known.includes(String(property))) ask(name);
            return Reflect.get(target, property, target);
          },
        });
      }
      ask(name);
      return value;
    };
    putGlobal(name, { get, set: () => {} });
    return [[name, descriptor] as const];
  });
  return () => {
    for (const [name, descriptor] of before) putGlobal(name, descriptor);
  };
}

const putGlobal = (name: string, descriptor: PropertyDescriptor): void =>
  void Object.defineProperty(globalThis, name, { configurable: true, ...descriptor });
