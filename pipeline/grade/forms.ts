/**
 * Checks the form of an artifact: that its bytes can be read, how large a picture is, which words or
 * tensors it holds. What a picture shows is not judged.
 */
import type { PlainExpectation } from "../../schemas/run/expected.ts";
import { decodeIdx } from "../formats/idx.ts";
import { decodeAnyNpy } from "../formats/npy.ts";
import { decodeSafetensors, type Tensors } from "../formats/safetensors.ts";
import { isPlain } from "../formats/json.ts";

type Form = Extract<PlainExpectation, { kind: "form" }>;

interface Size {
  /** In pixels or user units; undefined where the file does not say. */
  width?: number;
  height?: number;
}

/** The elements of SVG that draw, or hold what does. */
const drawing =
  /<(path|text|rect|line|polyline|polygon|circle|ellipse|image|use|g|foreignObject)\b/;

const textForms: readonly Form["form"][] = ["svg", "vega-lite", "json", "csv", "html"];

/** Returns the problems of an artifact's form; empty if it has none. */
export function problemsOfForm(bytes: Uint8Array, expected: Form): string[] {
  const { form, atLeastBytes, atLeastWidth, atLeastHeight, contains } = expected;
  const problems: string[] = [];
  if (bytes.length < atLeastBytes) {
    problems.push(`expected at least ${atLeastBytes} bytes, found ${bytes.length}`);
  }
  let size: Size = {};
  try {
    size = readers[form](bytes);
  } catch (error) {
    return [...problems, `not readable as ${form}: ${(error as Error).message}`];
  }
  const measure = (name: keyof Size, least: number) => {
    const found = size[name];
    if (least > 0 && !(found !== undefined && found >= least)) {
      problems.push(`expected a ${name} of at least ${least}, found ${found ?? "none"}`);
    }
  };
  measure("width", atLeastWidth);
  measure("height", atLeastHeight);
  if (contains.length > 0) {
    const isText = textForms.includes(form);
    const text = isText ? utf8(bytes) : "";
    const lacking = contains.filter((word) => !text.includes(word));
    if (lacking.length > 0) {
      problems.push(`expected it to hold ${lacking.map((word) => `"${word}"`).join(", ")}`);
    }
  }
  return problems;
}

/** Lists how the tensors of a .safetensors file differ from the expected ones. */
export function problemsOfTensors(
  bytes: Uint8Array,
  expected: Extract<PlainExpectation, { kind: "tensors" }>,
): string[] {
  let found: Tensors;
  try {
    found = decodeSafetensors(bytes);
  } catch (error) {
    return [`not readable as safetensors: ${(error as Error).message}`];
  }
  const worded = ({ dtype, shape }: { dtype: string; shape: readonly number[] }) =>
    `${dtype} of shape (${shape.join(", ")})`;
  const differing = expected.tensors.flatMap((tensor) => {
    const { name } = tensor;
    const own = Object.hasOwn(found, name) ? worded(found[name]) : "no such tensor";
    return own === worded(tensor) ? [] : [`${name}: expected ${worded(tensor)}, found ${own}`];
  });
  const names = new Set(expected.tensors.map(({ name }) => name));
  const others = Object.keys(found).filter((name) => !names.has(name));
  return [...differing, ...(others.length === 0 ? [] : [`unexpected: ${others.join(", ")}`])];
}

const readers: Record<Form["form"], (bytes: Uint8Array) => Size> = {
  svg(bytes) {
    const text = utf8(bytes);
    const root = /<svg\b([^>]*)>/.exec(text);
    if (root === null || !/<\/svg>\s*$/.test(text)) throw new Error("expected one <svg> element");
    if (!drawing.test(text)) throw new Error("it draws nothing");
    const quoted = (name: string) =>
      new RegExp(`\\s${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)')`).exec(root[1])?.slice(1).join("");
    const attribute = (name: string) => {
      const value = /^([\d.]+)(px)?$/.exec(quoted(name) ?? "")?.[1];
      return value === undefined ? undefined : Number(value);
    };
    const [, , width, height] = quoted("viewBox")?.trim().split(/[\s,]+/).map(Number) ?? [];
    return { width: attribute("width") ?? width, height: attribute("height") ?? height };
  },
  png(bytes) {
    const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
    if (!signature.every((byte, i) => bytes[i] === byte)) {
      throw new Error("it does not begin as a PNG file does");
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const name = (at: number) => String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (bytes.length < 33 || name(8) !== "IHDR") throw new Error("its header is cut off");
    let [at, last] = [8, ""];
    while (at + 12 <= bytes.length) {
      last = name(at);
      at += 12 + view.getUint32(at);
    }
    if (last !== "IEND" || at !== bytes.length) throw new Error("it is cut off");
    return { width: view.getUint32(16), height: view.getUint32(20) };
  },
  "vega-lite"(bytes) {
    const spec = objectIn(bytes);
    if (!/^https:\/\/vega\.github\.io\/schema\/vega-lite\/v\d/.test(String(spec.$schema))) {
      throw new Error(`expected the "$schema" of Vega-Lite, found ${JSON.stringify(spec.$schema)}`);
    }
    const views = ["mark", "layer", "concat", "hconcat", "vconcat", "facet", "repeat", "spec"];
    if (!views.some((view) => view in spec)) {
      throw new Error(`expected one of ${views.join(", ")}`);
    }
    return {};
  },
  json(bytes) {
    JSON.parse(utf8(bytes));
    return {};
  },
  csv(bytes) {
    const [head, ...rows] = utf8(bytes).trim().split(/\r?\n/);
    if (head === "" || rows.length === 0) throw new Error("expected a head and a row");
    return {};
  },
  html(bytes) {
    if (!/^\s*(<!doctype html|<html\b)/i.test(utf8(bytes))) {
      throw new Error("expected it to begin with <!doctype html>");
    }
    return {};
  },
  npy(bytes) {
    decodeAnyNpy(bytes);
    return {};
  },
  idx(bytes) {
    decodeIdx(bytes);
    return {};
  },
  safetensors(bytes) {
    decodeSafetensors(bytes);
    return {};
  },
};

const utf8 = (bytes: Uint8Array): string => new TextDecoder("utf-8", { fatal: true }).decode(bytes);

function objectIn(bytes: Uint8Array): Record<string, unknown> {
  const value: unknown = JSON.parse(utf8(bytes));
  if (isPlain(value)) return value;
  throw new Error("expected an object");
}
