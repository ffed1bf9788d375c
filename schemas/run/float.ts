/** Numbers as IEEE 754 has them, NaN and the infinities among them. */
import { z } from "zod";
import { floatInJson, floatTexts } from "./float_text.ts";

const isNumber = (value: unknown) => typeof value === "number";

const error = ({ input }: { input?: unknown }): string =>
  'expected a number, or "NaN", "Infinity" or "-Infinity", found ' +
  (input === null ? "null" : typeof input === "string" ? "another text" : typeof input);

/** The type of `Float`: a schema of zod, named by zod's class, because our documentation has no page of zod's types. */
export type FloatSchema = InstanceType<(typeof z)["ZodType"]> & {
  /** A number is given; in JSON it may be a text. */
  readonly _zod: {
    readonly output: number;
    readonly input: number | "NaN" | "Infinity" | "-Infinity";
  };
};

/**
 * Any number. In JSON, NaN and the infinities are texts: see `float_text.ts`.
 *
 * @example
 * ```ts
 * import { Float, json } from "fanin";
 * import { assertEquals } from "@std/assert";
 * import { z } from "zod";
 *
 * const losses = json("losses", z.array(Float));
 * assertEquals(new TextDecoder().decode(losses.encode([0.5, NaN])), '[0.5,"NaN"]\n');
 * ```
 */
export const Float: FloatSchema = z.codec(
  z.union([z.custom<number>(isNumber), z.enum(floatTexts)], { error }),
  z.custom<number>(isNumber, { error }),
  { decode: Number, encode: floatInJson },
);
