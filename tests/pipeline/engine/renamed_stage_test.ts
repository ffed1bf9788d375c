/** Tests the words for a job whose stage has another name than before. */
import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { whyWords } from "../../../pipeline/engine/change_words.ts";
import type { Change } from "../../../pipeline/engine/key.ts";
import { edit } from "../../support/copied_files.ts";
import { copyPipeline, fanin, workspaceOfOneProcess } from "../../support/workspace.ts";

const renamed = (before: string, after: string): Change[] => [
  { kind: "stage", name: "", from: "double", to: "twice" },
  { kind: "code", name: "twice", to: after },
  { kind: "code", name: "double", from: before },
];

Deno.test("a stage of another name with the same code is said to have it, and others name their files", () => {
  const path = "double.ts";
  const before = { [path]: { sha256: "1", stages: ["double"] } };
  const sources = { [path]: { sha256: "2", stages: ["twice"] } };
  const read = (_path: string, sha256: string) => sha256 === "1" ? "one\ntwo\n" : "other\n";
  const words = (changes: Change[]) =>
    whyWords({ inputs: {} }, { reason: "changed", changes, sources: before }, { sources, read });
  const [same, other] = [renamed("sha256:1", "sha256:1"), renamed("sha256:1", "sha256:2")];
  assertEquals(words(same), ["stage (double → twice: the same code)"]);
  assertEquals(words(other), ["stage (double → twice: double.ts, +1 −2)"]);
});

Deno.test("why of a job with a renamed stage names the file that renamed it, and no other reason", async () => {
  await using place = await workspaceOfOneProcess();
  const cli = await copyPipeline(place);
  await fanin(place, ["reproduce", "--only", "double/first"], cli);
  const file = join(place.path, "double.ts");
  await edit(file, 'name: "double"', 'name: "twice"');
  const { out } = await fanin(place, ["why", "double/first", "--json"], cli);
  const [{ now }] = JSON.parse(out);
  assertEquals(now.why.length, 1, out);
  assertEquals(
    now.why[0].replace(/: .*double/, ": double"),
    "stage (double → twice: double.ts, +1 −1)",
  );
});
