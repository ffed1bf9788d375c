/**
 * Writes the committed files of expected values, and the JSON Schema of their form, and says which
 * items changed: `deno task expected`.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import assignment from "../assignment.ts";
import quick from "../quick.ts";
import { runProgram } from "../../../pipeline/commands/program.ts";
import { canonicalJson } from "../../../pipeline/formats/json.ts";
import { writeResult } from "../../../pipeline/terminal/result_file.ts";
import { print } from "../../../pipeline/terminal/print.ts";
import { Expected, expectedJsonSchema } from "../../../schemas/run/expected.ts";
import { expectedFiles } from "./mod.ts";
import { validJson } from "../../../pipeline/formats/read_json.ts";
import { exists } from "../../../pipeline/store/existence.ts";

/** An item a line, so that a change can be read. */
function textOf({ items, ...head }: Expected): string {
  const fields = Object.entries(head).map(([name, value]) =>
    `  "${name}": ${JSON.stringify(value)},`
  );
  return [
    "{",
    ...fields,
    `  "items": [`,
    items.map((item) => `    ${JSON.stringify(item)}`).join(",\n"),
    "  ]",
    "}",
    "",
  ]
    .join("\n");
}

/** Items that are in one file alone, or not the same in both. */
function changedItems(before: Expected | undefined, after: Expected): string[] {
  const old = new Map(before?.items.map((item) => [item.id, canonicalJson(item)]));
  const changed = after.items.flatMap((item) => {
    const known = old.get(item.id);
    old.delete(item.id);
    return known === undefined
      ? [`+ ${item.id}`]
      : known === canonicalJson(item)
      ? []
      : [`~ ${item.id}`];
  });
  return [...changed, ...[...old.keys()].map((id) => `- ${id}`)];
}

/** The file as it is; undefined where there is none yet, or one of an older form. */
const read = (path: string): Expected | undefined =>
  exists(path) ? validJson(Deno.readTextFileSync(path), Expected) : undefined;

async function write(): Promise<number> {
  const root = fileURLToPath(new URL("../../..", import.meta.url));
  const schema = JSON.stringify(expectedJsonSchema(), null, 2);
  writeResult(join(root, "schemas", "run", "expected.schema.json"), schema + "\n");
  const { dag } = await import("../../mod.ts");
  for (const [name, expected] of Object.entries(await expectedFiles(dag, { assignment, quick }))) {
    const path = join(root, "artifacts", "reference", name);
    const changed = changedItems(read(path), expected);
    writeResult(path, textOf(expected));
    print([
      `${name}: ${expected.items.length} items, ${changed.length} changed`,
      ...changed.map((line) => `  ${line}`),
    ]);
  }
  return 0;
}

if (import.meta.main) {
  Deno.exitCode = await runProgram("expected", {
    about: "generates the committed expected metrics, and lists the changes",
    flags: {},
    run: write,
  }, Deno.args);
}
