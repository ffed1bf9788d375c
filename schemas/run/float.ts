/** Numbers as IEEE 754 has them, NaN and the infinities among them. */
import { z } from "zod";
import { floatInJson, floatTexts } from "./float_text.ts";

const isNumber = (value: unknown) => typeof value === "number";

const error = ({ input }: { input?: unknown }): string =>
  'expected a number, or "NaN", "Infinity" or "-Infinity", found ' +
  (input === null ? "null" : typeof input === "string" ? "another text" : typeof input);

/** Any number. In JSON, NaN and the infinities are texts: see `float_text.ts`. */
export const Float = z.codec(
  z.union([z.custom<number>(isNumber), z.enum(floatTexts)], { error }),
  z.custom<number>(isNumber, { error }),
  { decode: Number, encode: floatInJson },
);
