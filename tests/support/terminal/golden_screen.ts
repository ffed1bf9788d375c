/** Compares screens with the committed ones. */
import { assertEquals } from "@std/assert";
import { dirname, join } from "node:path";
import { goldenFile, places } from "../checkout.ts";
import { ifThere } from "../../../pipeline/store/existence.ts";

/**
 * Compares rows with `tests/golden/screens/NAME.txt`. Those that differ are written to
 * `tests/tmp/screens/NAME.txt`: look at them, then copy them.
 */
export function assertScreens(screens: Readonly<Record<string, readonly string[]>>): void {
  const found: Record<string, string> = {};
  const expected: Record<string, string | undefined> = {};
  for (const [name, rows] of Object.entries(screens)) {
    const file = `screens/${name}.txt`;
    found[name] = rows.map((row) => `${row}\n`).join("");
    expected[name] = textIn(goldenFile(file));
    if (found[name] === expected[name]) continue;
    const path = join(places, file);
    Deno.mkdirSync(dirname(path), { recursive: true });
    Deno.writeTextFileSync(path, found[name]);
  }
  assertEquals<unknown>(found, expected, "screens differ; those found are in tests/tmp/screens");
}

const textIn = (path: string): string | undefined => ifThere(() => Deno.readTextFileSync(path));
