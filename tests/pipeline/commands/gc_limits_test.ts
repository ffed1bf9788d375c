/** Tests the limits of gc by age and by size: what they keep, and how they are typed. */
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { join } from "node:path";
import { parseDuration, parseSize } from "../../../pipeline/commands/amounts.ts";
import { Failed } from "../../../pipeline/engine/failed.ts";
import { canonicalJson } from "../../../pipeline/formats/json.ts";
import { blobsIn, openStore, putBlob } from "../../../pipeline/store/store.ts";
import { shownPath } from "../../../pipeline/terminal/user_path.ts";
import { tree } from "../../support/copied_files.ts";
import { madeUpRun, place } from "../../support/made_up_run.ts";
import { utf8 } from "../../support/utf8.ts";
import { fanin, runsIn, type Workspace, workspaceOfOneProcess } from "../../support/workspace.ts";

const day = 86_400_000;
const MB = 1e6;

/** A run that began so many days ago, with an output of 1 MB of its own. */
function made(here: Workspace, days: number): string {
  const started = new Date(Date.now() - days * day);
  const id = `${started.toISOString().replace(/[-:]|\.\d+/g, "")}-aged`;
  const bytes = new Uint8Array(MB).fill(days);
  const run = madeUpRun([{ name: "draw/x", stage: "draw", outputs: { x: bytes } }], id);
  run.manifest.started = started.toISOString();
  run.files.set("manifest.json", utf8(canonicalJson(run.manifest)));
  const artifacts = join(here.path, "artifacts");
  place(artifacts, run);
  putBlob(openStore(join(artifacts, "store")), bytes);
  return id;
}

/** Names of the kept runs, by the days of their age, and the exit code. */
async function kept(here: Workspace, ids: Record<number, string>, ...flags: string[]) {
  const { code, out, err } = await fanin(here, ["gc", "--json", ...flags]);
  const { kept } = JSON.parse(out || `{"kept":"${err}"}`);
  const days = Object.keys(ids).map(Number).filter((days) => kept.includes(ids[days]));
  return { days, code };
}

Deno.test("gc keeps by age and by size, and never removes the last runs", async () => {
  await using here = await workspaceOfOneProcess();
  const ids = Object.fromEntries([1, 3, 10, 20, 40].map((days) => [days, made(here, days)]));
  const cases: [flags: string[], days: number[], code: number][] = [
    [["--last", "1"], [1], 0],
    [["--last", "1", "--older-than", "2w"], [1, 3, 10], 0],
    [["--last", "3", "--older-than", "2d"], [1, 3, 10], 0],
    [["--last", "1", "--max-size", "3.5MB"], [1, 3, 10], 0],
    [["--last", "1", "--older-than", "30d", "--max-size", "2.5MB"], [1, 3], 0],
    [["--last", "2", "--max-size", "1.5MB"], [1, 3], 1],
    [["--older-than", "25h", ids[40]], [1, 40], 0],
  ];
  for (const [flags, days, code] of cases) {
    assertEquals(await kept(here, ids, ...flags), { days, code }, flags.join(" "));
  }
  assertEquals(runsIn(here.path).length, 5);
  const { code, out } = await fanin(here, ["gc", "--last", "2", "--max-size", "1.5MB", "--yes"]);
  assertEquals([code, runsIn(here.path).length], [1, 2], out);
  assertStringIncludes(out, "The kept runs need 1.9 MiB; expected 1.4 MiB at most");
});

Deno.test("a run that cannot be read stops gc where it may have to be kept, and is removed where it is not", async () => {
  await using here = await workspaceOfOneProcess();
  const ids = Object.fromEntries([1, 3, 10].map((days) => [days, made(here, days)]));
  const artifacts = join(here.path, "artifacts");
  const run = join(artifacts, "runs", ids[3]);
  await Deno.writeTextFile(join(run, "manifest.json"), "{}");
  const before = tree(artifacts);
  const refused = [
    [],
    ["--last", "2"],
    [ids[3], ids[1]],
    ["--last", "1", "--older-than", "2d"],
    ["--last", "1", "--max-size", "10MB"],
    [ids[1], "--max-size", "10MB"],
  ];
  for (const flags of refused) {
    const { code, err } = await fanin(here, ["gc", "--yes", ...flags]);
    assertEquals(code, 2, flags.join(" "));
    assertStringIncludes(err, `What the run ${ids[3]} needs is not known, so nothing is removed.`);
    assertStringIncludes(err, `Do that first, then remove ${shownPath(run)}`);
  }
  assertEquals(tree(artifacts), before);
  for (const flags of [["--last", "1"], [ids[1]]]) {
    const { code, out } = await fanin(here, ["gc", ...flags]);
    assertEquals(code, 0, out);
    assertStringIncludes(out, `Removes run ${ids[3]}, whose manifest cannot be read.\n`);
  }
  assertEquals((await fanin(here, ["gc", "--last", "1", "--yes"])).code, 0);
  assertEquals(runsIn(here.path), [ids[1]]);
  assertEquals([...blobsIn(openStore(join(artifacts, "store")))].length, 1);
});

Deno.test("sizes and durations are read as people type them", () => {
  const sizes: [text: string, bytes: number][] = [
    ["20GB", 20e9],
    ["20 gb", 20e9],
    ["1.5GiB", 1.5 * 2 ** 30],
    ["512M", 512 * 2 ** 20],
    ["0B", 0],
    [" 2TB ", 2e12],
  ];
  for (const [text, bytes] of sizes) assertEquals(parseSize("max-size", text), bytes, text);
  const durations: [text: string, days: number][] = [
    ["30d", 30],
    ["30 days", 30],
    ["1 day", 1],
    ["12h", 0.5],
    ["2W", 14],
    ["36min", 0.025],
  ];
  for (const [text, days] of durations) {
    assertEquals(parseDuration("older-than", text), days * day, text);
  }
});

Deno.test("near misses are explained", () => {
  const refused = (parse: () => number, ...said: string[]) => {
    const { message } = assertThrows(parse, Failed);
    for (const text of said) assertStringIncludes(message, text);
  };
  refused(() => parseSize("max-size", "20"), `--max-size expects a size, as 20GB`, "mean 20GB?");
  refused(() => parseDuration("older-than", "30"), `found "30"`, "Do you mean 30d?");
  refused(() => parseDuration("older-than", "5m"), "Do you mean 5min?", "Months");
  refused(() => parseDuration("older-than", "2 months"), "Months are given in days or weeks");
  for (const text of ["", "GB", "-1GB", "1e3GB", "20 XB", "1,5GB", "Infinity", "20GB 5"]) {
    refused(() => parseSize("max-size", text), `found "${text}"`);
  }
  for (const text of ["", "d", "-1d", "1d12h", "forever", "constructor"]) {
    refused(() => parseDuration("older-than", text), `found "${text}"`);
  }
});
