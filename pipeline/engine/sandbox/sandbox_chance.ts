/**
 * Replaces chance in a stage by a generator that the job's key seeds, so that the same key gives the same
 * bytes. Functions that draw from the runtime's own generator (keys, some signatures) are refused.
 */
import { pureNodeModules } from "./pure_node_modules.ts";
import { replace } from "./sandbox_replace.ts";
import { isCalledByStage } from "./sandbox_stacks.ts";

/**
 * Replaces what draws numbers; gives how a job starts its generator, after so many of its steps, and draws the key of
 * another generator.
 */
export function fixChance(): { seed(key: string, step: number): void; drawKey(): string } {
  let next = sfc32("", 0);
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
  refuseDrawing();
  limitBuiltins();
  const word = () => next().toString(16).padStart(8, "0");
  return {
    seed: (key, step) => next = sfc32(key, step),
    drawKey: () => word() + word() + word(),
  };
}

type Method = (this: unknown, ...given: unknown[]) => unknown;

/** Throws of a function that draws by chance that no key fixes. */
function refuse(name: string): never {
  throw new Error(
    `it called ${name}, which draws by chance that its key does not fix; draw by ` +
      `crypto.getRandomValues, which follows from the key`,
  );
}

/** Algorithms of Web Crypto that draw in order to sign or to encrypt. */
const drawing = /^(ECDSA|RSA-PSS|RSA-OAEP|ML-|SLH-)/i;

function refuseDrawing(): void {
  const prototype = SubtleCrypto.prototype as unknown as Record<string, Method>;
  for (const name of Object.getOwnPropertyNames(prototype)) {
    if (/^(generateKey|encapsulate)/.test(name)) {
      replace(prototype, name, () => refuse(`crypto.subtle.${name}`));
    }
  }
  for (const [name, at] of [["sign", 0], ["encrypt", 0], ["wrapKey", 3]] as const) {
    const original = prototype[name];
    replace(prototype, name, function (this: unknown, ...given: unknown[]) {
      const algorithm = given[at] as string | { name?: unknown };
      const named = String(typeof algorithm === "string" ? algorithm : algorithm?.name);
      if (drawing.test(named)) refuse(`crypto.subtle.${name} by ${named}`);
      return original.apply(this, given);
    });
  }
  replace(URL, "createObjectURL", () => refuse("URL.createObjectURL"));
  for (const name of ["makeTempDir", "makeTempFile", "makeTempDirSync", "makeTempFileSync"]) {
    replace(Deno, name, () => refuse(`Deno.${name}`));
  }
  // Its boundary is drawn when it becomes a body.
  replace(globalThis, "FormData", new Proxy(FormData, { construct: () => refuse("FormData") }));
  for (const { prototype } of [Request, Response]) {
    replace(prototype, "formData", () => refuse("formData"));
  }
}

/** A module of Node that a stage asks for by name is one that it may import, or `crypto` without chance. */
function limitBuiltins(): void {
  const { process } = globalThis as { process?: { getBuiltinModule(name: string): unknown } };
  if (process === undefined) return;
  const { getBuiltinModule } = process;
  replace(process, "getBuiltinModule", (specifier: string) => {
    const name = String(specifier).replace(/^node:/, "");
    if (isCalledByStage() && name !== "crypto" && !pureNodeModules.has(name)) {
      throw new Error(`it asked for node:${name}, which reaches what its key does not hold`);
    }
    const module = getBuiltinModule(specifier);
    if (name === "crypto") refuseDrawingIn(module as Record<string, unknown>);
    return module;
  });
}

/** Functions of `node:crypto` that draw, or whose objects do. */
const drawingOfNode =
  /^(random|generate|pseudoRandom|sign$|Sign$|createSign|createECDH|ECDH|createDiffieHellman|getDiffieHellman|DiffieHellman|publicEncrypt|privateEncrypt|encapsulate)/;

function refuseDrawingIn(module: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(module)) {
    if (typeof value === "function" && drawingOfNode.test(name)) {
      replace(module, name, () => refuse(`${name} of node:crypto`));
    }
  }
}

/**
 * Unsigned words of 32 bits, by Doty-Humphrey's sfc32 (PractRand), started from the first 24 hexadecimal
 * digits of a key, and from a step. Good enough to make names and jitter; experiments have generators of their own.
 */
function sfc32(key: string, step: number): () => number {
  const word = (at: number) => parseInt(key.slice(at, at + 8) || "0", 16) | 0;
  let [a, b, c, counter] = [word(0), word(8), word(16) ^ step, 1];
  const draw = () => {
    const sum = (a + b | 0) + counter | 0;
    counter = counter + 1 | 0;
    a = b ^ b >>> 9;
    b = c + (c << 3) | 0;
    c = (c << 21 | c >>> 11) + sum | 0;
    return sum >>> 0;
  };
  for (let i = 0; i < 12; i++) draw();
  return draw;
}
