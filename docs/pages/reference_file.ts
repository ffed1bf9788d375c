/** Reads the committed files of artifacts/reference from which pages are made. */
import { fileURLToPath } from "node:url";
import type { z } from "zod";
import { readJson } from "../../pipeline/formats/read_json.ts";

export const reference = fileURLToPath(new URL("../../artifacts/reference/", import.meta.url));

/** Throws an `invalid-file` failure. */
export const readReference = <S extends z.ZodType>(name: string, schema: S): z.output<S> =>
  readJson(reference + name, schema, {
    limit: 16 << 20,
    hint: "artifacts/README.md says what writes it.",
  });
