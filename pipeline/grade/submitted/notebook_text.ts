/** Reads what the cells of a Jupyter notebook printed. Code and prose are left out. */
import { z } from "zod";

/** A text, or its pieces, which have their line breaks. */
const Text = z.union([z.string(), z.array(z.string())]);

const Output = z.looseObject({
  output_type: z.string(),
  /** The stream's name, of a stream. */
  name: z.string().optional(),
  text: Text.optional().catch(undefined),
  data: z.looseObject({ "text/plain": Text.optional().catch(undefined) }).optional()
    .catch(undefined),
});

const Cell = z.looseObject({ outputs: z.array(Output).optional() });

/** Notebooks of format 4, and of format 3, which has its cells in worksheets. */
const Notebook = z.looseObject({
  nbformat: z.number(),
  cells: z.array(Cell).optional(),
  worksheets: z.array(z.looseObject({ cells: z.array(Cell) })).optional(),
});

/** True for JSON that is meant to be a notebook. */
export const isNotebook = (value: unknown): boolean =>
  typeof value === "object" && value !== null && "nbformat" in value;

/** The printed text, outputs in the order of cells. Throws a zod error for what is no notebook. */
export function notebookText(value: unknown): string {
  const { cells = [], worksheets = [] } = Notebook.parse(value);
  const texts: string[] = [];
  for (const { outputs = [] } of [...cells, ...worksheets.flatMap(({ cells }) => cells)]) {
    let stream: string | undefined;
    for (const { output_type, name, text, data } of outputs) {
      const printed = [text ?? data?.["text/plain"] ?? []].flat().join("");
      const own = output_type === "stream" ? name ?? "stdout" : undefined;
      // A stream may come in pieces that end within a line.
      if (own !== undefined && own === stream) texts.push(texts.pop()! + printed);
      else texts.push(printed);
      stream = own;
    }
  }
  return texts.join("\n");
}
