/**
 * Tests a class of 100: honest runs packed in many ways, metrics alone, crashed and forged runs, and entries
 * made to stop the grader. Each has a row of its own, and none changes another's.
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Grade } from "../../../schemas/run/graded.ts";
import { exportRun } from "../../../pipeline/archive/export_run.ts";
import { openArchive } from "../../../pipeline/archive/open_archive.ts";
import { gradeAll, type Submission } from "../../../pipeline/grade/class/grade_class.ts";
import { comparisons } from "../../../pipeline/grade/class/mod.ts";
import { classPage } from "../../../pipeline/report/class_page.ts";
import { filesIn, sourceFrom } from "../../../pipeline/runs/run_source.ts";
import { naturalOrder } from "../../../pipeline/terminal/natural_order.ts";
import { madeUpRun, place as placeRun } from "../../support/made_up_run.ts";
import { utf8 } from "../../support/utf8.ts";
import { finished, how, projectIn, trainingCli } from "../../support/submitted_run.ts";
import { fanin, workspace } from "../../support/workspace.ts";
import { copyTree } from "../../support/copied_files.ts";
import { shell } from "../../support/shell.ts";
import { joined, type RawEntry, zipBytes } from "../../support/zip_bytes.ts";
import { quiet } from "../../support/archived_runs.ts";

const place = await workspace();
Deno.test.afterAll(async () => await place[Symbol.asyncDispose]());

const run = await finished(place);
const all = join(place.path, "class");
await Deno.mkdir(all);
const exported = join(all, "honest.zip");
const id = run.slice(run.lastIndexOf("/") + 1);
await exportRun(join(place.path, "artifacts"), id, exported, { authors: [] }, quiet);
using archive = await openArchive(exported);
const files: RawEntry[] = [...archive.sizes.keys()]
  .map((name) => ({ name, data: archive.read(name, 1 << 20)! }));

const write = async (path: string, content: string | Uint8Array) => {
  const to = join(all, path);
  await Deno.mkdir(to.slice(0, to.lastIndexOf("/")), { recursive: true });
  await (typeof content === "string"
    ? Deno.writeTextFile(to, content)
    : Deno.writeFile(to, content));
};
const sh = async (script: string) => assertEquals((await shell(script, all)).code, 0, script);
const unpack = async (to: string, entries = files) => {
  for (const { name, data } of entries) await write(`${to}/${name}`, data);
};
const zip = (name: string, entries: RawEntry[]) => write(name, zipBytes(entries));
const within = (folder: string) =>
  files.map((file) => ({ ...file, name: `${folder}${file.name}` }));
const folder = (name: string): RawEntry => ({
  name,
  data: new Uint8Array(),
  attributes: 0o040755 << 16 | 0x10,
});
const litter: RawEntry[] = [
  { name: "__MACOSX/run/._manifest.json", data: utf8("x") },
  { name: "run/.DS_Store", data: utf8("x") },
];

/** A name in the encoding of Windows' first programs. */
const oldWindowsName = (name: string): Uint8Array =>
  Uint8Array.from(name, (sign) => sign === "Ü" ? 0x9a : sign.charCodeAt(0));

/** The honest export, packed anew or unpacked as people and their programs do. */
const variants: Record<string, (name: string) => Promise<unknown>> = {
  "as exported": () => Promise.resolve(),
  "deflated by another program": (name) => zip(name, files.map((one) => ({ ...one, method: 8 }))),
  "in another order": (name) => zip(name, files.toReversed()),
  "with a folder around it and files of macOS": (name) =>
    zip(name, [folder("run/"), ...within("run/"), ...litter]),
  "with entries of folders": (name) => zip(name, [folder("draw/"), ...files, folder("train/")]),
  "with backslashes": (name) =>
    zip(name, files.map((one) => ({ ...one, name: String(one.name).replaceAll("/", "\\") }))),
  "with ./ before its names, as tar packs a folder": (name) =>
    zip(name, [folder("./"), folder("./draw/"), ...within("./")]),
  "with notes beside it": (name) =>
    zip(name, [...within("a/b/"), { name: "n.txt", data: utf8("") }]),
  "in a folder with an umlaut, as Windows packs it": (name) =>
    zip(name, files.map((one) => ({ ...one, name: oldWindowsName(`Ü/${one.name}`), flags: 0 }))),
  "with files that not every system can hold": (name) =>
    zip(name, [
      ...within("a/"),
      ...["a/What now?.txt", "a/src/aux.ts", "a/Makefile", "a/makefile", "\u202ea.txt"]
        .map((name) => ({ name, data: utf8("") })),
    ]),
  "a project with its reference run": (name) =>
    zip(name, [
      ...within("mine/artifacts/runs/a/"),
      { name: "mine/artifacts/reference/manifest.json", data: utf8("{}") },
      { name: "node_modules/manifest.json", data: utf8("{}") },
    ]),
  "with a link": (name) =>
    zip(name, [...files, { name: "latest", data: utf8("."), attributes: 0o120777 << 16 }]),
  "an archive in an archive": (name) => zip(name, [{ name: "mine.zip", data: zipBytes(files) }]),
};
const unpacked: Record<string, (name: string) => Promise<unknown>> = {
  unpacked: unpack,
  "unpacked, in a folder": (name) => unpack(`${name}/run`),
  "unpacked, in a project": async (name) => {
    await unpack(`${name}/artifacts/runs/mine`);
    await sh(`ln -s runs/mine "${name}/artifacts/latest"`);
  },
  "the artifacts of a project with its reference run, without links": async (name) => {
    await unpack(`${name}/runs/mine`);
    await write(`${name}/reference/manifest.json`, "{}");
  },
  "a project without links, in a folder": async (name) => {
    await unpack(`${name}/homework/artifacts/runs/mine`);
    for (const file of ["deno.json", "artifacts/reference/manifest.json", "stages/mod.ts"]) {
      await write(`${name}/homework/${file}`, "{}");
    }
  },
  "an archive in a folder, as learning platforms give it": async (name) => {
    await write(`${name}/essay/run.zip`, zipBytes(files));
    await write(`${name}/__MACOSX/x`, "");
  },
  "the run itself, with a comma in its name": (name) => copyTree(run, join(all, name)),
};

/** A manifest with some text replaced. */
const manifestWith = async (name: string, from: string | RegExp, to: string) => {
  await unpack(name);
  const path = join(all, name, "manifest.json");
  await Deno.writeTextFile(path, (await Deno.readTextFile(path)).replace(from, to));
};
const replaced = async (name: string, file: string, make: string) => {
  await unpack(name);
  await sh(`cd ${name} && rm ${file} && ${make}`);
};
const numbers = (before: string, after: string): RawEntry["data"] =>
  utf8(before + "1,".repeat(6_000_000) + "1" + after);

/** Entries that are made to stop a grader, each with the reason in its row. */
const hostile: Record<string, { make(name: string): Promise<unknown>; reason: RegExp }> = {
  "a link to another submission": {
    make: (name) => sh(`ln -s honest.zip ${name}`),
    reason: /It is a link to honest.zip/,
  },
  "a link that leads nowhere": { make: (name) => sh(`ln -s no ${name}`), reason: /a link to no/ },
  "a link to itself": { make: (name) => sh(`ln -s ${name} ${name}`), reason: /a link to/ },
  "a link to a file outside": {
    make: (name) => sh(`ln -s /etc/passwd ${name}`),
    reason: /a link to \/etc\/passwd/,
  },
  "a link to an endless device": {
    make: (name) => sh(`ln -s /dev/zero ${name}.json && mv ${name}.json ${name}`),
    reason: /a link to \/dev\/zero/,
  },
  "a pipe": { make: (name) => sh(`mkfifo ${name}`), reason: /It is a pipe/ },
  "an empty directory": { make: (name) => sh(`mkdir ${name}`), reason: /without a manifest.json/ },
  "two runs": {
    make: async (name) => {
      await unpack(`${name}/a`);
      await unpack(`${name}/b`);
    },
    reason: /found 2 runs \(a, b\)/,
  },
  "runs that link out of a project": {
    make: (name) => sh(`mkdir -p ${name}/artifacts && ln -s "${run}/.." ${name}/artifacts/runs`),
    reason: /without a manifest.json/,
  },
  "runs that are no folder, and a link to none": {
    make: (name) =>
      sh(`mkdir -p ${name}/artifacts && ln -s no ${name}/artifacts/runs && touch ${name}/runs`),
    reason: /without a manifest.json/,
  },
  "a link out of a directory": {
    make: (name) => sh(`mkdir ${name} && ln -s "${run}" ${name}/latest`),
    reason: /latest, a link out of the submission/,
  },
  "a pipe as manifest": {
    make: (name) => replaced(name, "manifest.json", "mkfifo manifest.json"),
    reason: /manifest.json is no plain file within its run/,
  },
  "an endless manifest": {
    make: (name) => replaced(name, "manifest.json", "ln -s /dev/zero manifest.json"),
    reason: /manifest.json is no plain file within its run/,
  },
  "a manifest of another run": {
    make: (name) => replaced(name, "manifest.json", `ln -s "${run}/manifest.json" manifest.json`),
    reason: /manifest.json is no plain file within its run/,
  },
  "a manifest of 22 GB": {
    make: (name) => replaced(name, "manifest.json", "truncate -s 22G manifest.json"),
    reason: /has 23622320128 bytes; expected 67108864 at most/,
  },
  "JSON nested deep": {
    make: (name) => write(`${name}/manifest.json`, `{"jobs":${"[".repeat(1e6)}`),
    reason: /nested at most/,
  },
  "a manifest of millions of numbers": {
    make: (name) =>
      zip(name, [{ name: "manifest.json", data: numbers('{"jobs":[', "]}"), method: 8 }]),
    reason: /took more than 300 MiB of memory|claim to hold/,
  },
  "an archive that is cut off": {
    make: (name) => write(name, zipBytes(files).subarray(0, 3000)),
    reason: /is not a run/,
  },
  "an archive with data before it": {
    make: (name) => write(name, joined(utf8("PK"), zipBytes(files))),
    reason: /is not a run/,
  },
  "an archive of two runs": {
    make: (name) => zip(name, [...within("a/"), ...within("b/")]),
    reason: /it holds 2 runs: a\/, b\//,
  },
  "a name that leads out": {
    make: (name) => zip(name, [...files, { name: "../x", data: utf8("x") }]),
    reason: /Unsafe filename \("..\/x"\)/,
  },
  "another program's archive": {
    make: (name) => write(name, "Rar!"),
    reason: /found another file/,
  },
};

/** Runs that can be read, and lose points for what is wrong in them. */
const damaged: Record<string, { make(name: string): Promise<unknown>; reason: RegExp }> = {
  "a key line without its JSON": {
    make: (name) => manifestWith(name, '"lines":[', '"lines":["param zzz {",'),
    reason: /key is not the hash of its lines/,
  },
  "a key line with too large a number": {
    make: (name) => manifestWith(name, '"lines":[', '"lines":["param zzz 1e999",'),
    reason: /key is not the hash of its lines/,
  },
  "metrics that are a pipe": {
    make: (name) => replaced(name, "evaluate/net/metrics.json", "mkfifo evaluate/net/metrics.json"),
    reason: /no plain file within its run/,
  },
  "metrics that link to themselves": {
    make: (name) =>
      replaced(name, "evaluate/net/metrics.json", "ln -s metrics.json evaluate/net/metrics.json"),
    reason: /levels of symbolic links/,
  },
  "metrics of 22 GB": {
    make: (name) =>
      replaced(name, "evaluate/net/metrics.json", "truncate -s 22G evaluate/net/metrics.json"),
    reason: /23622320128 bytes/,
  },
  "forged metrics": {
    make: async (name) => {
      await unpack(name);
      await write(`${name}/evaluate/net/metrics.json`, '{"final-loss":0.02}\n');
    },
    reason: /is not as its manifest says/,
  },
};

/** Made-up names in the class, by what they are. */
const names = new Map<string, string>();
const named = (what: string, ending = ""): string => {
  const name = `${String(names.size).padStart(2, "0")}-entry${ending}`;
  names.set(what, name);
  return name;
};
names.set("as exported", "honest.zip");
for (const [what, make] of Object.entries(variants).slice(1)) await make(named(what, ".zip"));
for (const [what, make] of Object.entries(unpacked)) {
  await make(named(what, what.includes("comma") ? ",a" : ""));
}
for (const [what, { make }] of Object.entries({ ...hostile, ...damaged })) await make(named(what));
await manifestWith(named("crashed"), '"status":"complete"', '"status":"failed"');
await sh(`cp honest.zip "$(printf 'Jos\\351.zip')"`);
await sh(`mkdir __MACOSX && touch .DS_Store Thumbs.db notes.txt ._honest.zip`);
const skippable = 5;
const metricsFrom = [...Deno.readDirSync(all)].length - skippable;
for (let i = metricsFrom; i < 100; i++) {
  const loss = i / 100;
  if (i % 2 === 0) await write(`metrics-${i}.csv`, `net.final-loss,${loss}\n`);
  else await write(`metrics-${i}.json`, `{"net.final-loss": ${loss}}`);
}

const skipped: string[] = [];
const graded = await gradeAll(projectIn(place), all, how(place), {
  limits: { seconds: 60, memory: 300 },
  onSkipped: ({ name }) => skipped.push(name),
});
const rows = new Map(graded.map((one) => [one.name, one.grade]));
const rowOf = (what: string): Grade => rows.get(names.get(what)!)!;

Deno.test("a class of 100 has a row for each submission, in order, with one denominator", () => {
  assertEquals(graded.length, 100);
  assertEquals(
    graded.map(({ name }) => name),
    graded.map(({ name }) => name).toSorted(naturalOrder),
  );
  assertEquals(new Set(graded.map(({ grade }) => grade.maxPoints)), new Set([5]));
  assertEquals(skipped, ["__MACOSX", "._honest.zip", ".DS_Store", "Thumbs.db", "notes.txt"]);
});

for (const what of Object.keys({ ...variants, ...unpacked })) {
  Deno.test(`an honest run has its grade: ${what}`, () => {
    const { trust, ...grade } = rowOf(what);
    const { trust: own, ...honest } = rows.get("honest.zip")!;
    assertEquals([honest.points, own.level], [5, "consistent"]);
    assertEquals(grade, honest);
    assertEquals({ ...trust, similar: [] }, { ...own, similar: [] });
  });
}

for (const [what, { reason }] of Object.entries(hostile)) {
  Deno.test(`a submission that cannot be read is a row with the reason: ${what}`, () => {
    const { form, points, notes } = rowOf(what);
    assertEquals([form, points], ["unreadable", 0]);
    assertMatch(notes.join(), reason);
    assert(!notes.join().includes("tests/tmp"), notes.join());
  });
}

for (const [what, { reason }] of Object.entries(damaged)) {
  Deno.test(`a damaged run loses what rests on the damage: ${what}`, () => {
    const { form, points, items, trust } = rowOf(what);
    assertEquals(form, "complete");
    assert(points < 5);
    assertEquals(items.find(({ id }) => id === "loss")!.points, 0);
    assertMatch(trust.problems.map(({ where, message }) => `${where}: ${message}`).join(), reason);
  });
}

Deno.test("crashed runs and metrics alone are marked, and a name that is no UTF-8 is reported", () => {
  assertEquals(rowOf("crashed").form, "failed");
  const alone = graded.filter(({ name }) => name.startsWith("metrics-"));
  assert(alone.length > 30);
  assertEquals(new Set(alone.map(({ grade }) => grade.form)), new Set(["metrics-alone"]));
  assertEquals(rows.get("metrics-90.csv")!.trust.level, "claimed");
  assertStringIncludes(rows.get("Jos\ufffd.zip")!.notes[0], "no UTF-8");
});

Deno.test("tables of the class have percentages, groups and levels, and no path of this machine", async () => {
  const texts = [...Object.values(comparisons).map((write) => write(graded))];
  const page = await classPage(projectIn(place), graded, [{ name: "a", why: "b" }]);
  for (const text of [...texts, page]) {
    const shown = text.replaceAll(`link to ${run}`, "");
    assert(!shown.includes(place.path), "a path of this machine");
  }
  const [head, ...lines] = comparisons.csv(graded).split("\r\n").map((line) => line.split(","));
  assertEquals(head.slice(5, 9), ["points", "max_points", "percent", "trust"]);
  const honest = lines.find(([name]) => name === "honest.zip")!;
  assertEquals(honest.slice(5, 9), ["5", "5", "100", "consistent"]);
  assertMatch(comparisons.table(graded), /metrics-90.csv +20 % +1\/5|metrics-90.csv +40 % +2\/5/);
  assertStringIncludes(page, "No submissions: a (b).");
  assertStringIncludes(page, '<span class="badge qualified">claimed</span>');
});

Deno.test("a submission that takes too long is stopped", async () => {
  await using other = await workspace();
  const slow = join(other.path, "class", "slow");
  await copyTree(run, slow);
  const path = join(slow, "manifest.json");
  const size = 2 ** 40;
  const text = (await Deno.readTextFile(path))
    .replace(/("file":"evaluate\/net\/metrics\.json"[^}]*"size":)\d+/, `$1${size}`);
  assertStringIncludes(text, String(size));
  await Deno.writeTextFile(path, text);
  const file = join(slow, "evaluate/net/metrics.json");
  await Deno.remove(file);
  await Deno.writeTextFile(file, "");
  await Deno.truncate(file, size);
  const [{ grade }]: Submission[] = await gradeAll(
    projectIn(place),
    join(other.path, "class"),
    how(place),
    { limits: { seconds: 2, memory: 2048 } },
  );
  assertStringIncludes(grade.notes[0], "took longer than 2 seconds");
});

Deno.test("a DAG that prints as it is loaded grades as before", async () => {
  await using other = await workspace();
  await copyTree(run, join(other.path, "class", "honest"));
  const project = projectIn(place);
  const printing = join(other.path, "printing.ts");
  await Deno.writeTextFile(
    printing,
    `console.log("loaded"); export { dag } from "${project.dagModule}";`,
  );
  const [{ grade }]: Submission[] = await gradeAll(
    { ...project, dagModule: pathToFileURL(printing).href },
    join(other.path, "class"),
    how(place),
  );
  assertEquals(grade.points, 5);
});

Deno.test("a process that prints no report leaves a row with the reason, and the class goes on", async () => {
  await using other = await workspace();
  for (const name of ["a", "b"]) await copyTree(run, join(other.path, "class", name));
  const project = projectIn(place);
  const module = join(other.path, "writing.ts");
  await Deno.writeTextFile(
    module,
    `Deno.stdout.writeSync(new TextEncoder().encode("loaded\\n"));
     export { dag } from "${project.dagModule}";`,
  );
  const dagModule = pathToFileURL(module).href;
  const rows = await gradeAll({ ...project, dagModule }, join(other.path, "class"), how(place));
  assertEquals(rows.map(({ name, grade }) => [name, grade.notes]), [
    ["a", ["The process that read it printed no report: loaded"]],
    ["b", ["The process that read it printed no report: loaded"]],
  ]);
});

Deno.test("metrics alone are graded without the DAG, which takes longest to load", async () => {
  await using other = await workspace();
  const inClass = (name: string) => join(other.path, "class", name);
  await Deno.mkdir(inClass(""));
  await Deno.writeTextFile(inClass("a.csv"), "net.final-loss,0.5\n");
  const broken = join(other.path, "broken.ts");
  await Deno.writeTextFile(broken, `throw new Error("loaded"); export const dag = [];`);
  const project = { ...projectIn(place), dagModule: pathToFileURL(broken).href };
  const [{ grade }]: Submission[] = await gradeAll(project, inClass(""), how(place));
  assertEquals([grade.form, grade.points], ["metrics-alone", 2]);
});

Deno.test("one submission alone is refused with the reason and exit code 2, and never awaited", async () => {
  const expected = ["--expected", join(place.path, "expected.json")];
  const cases = [
    "a pipe",
    "a link to itself",
    "a pipe as manifest",
    "a manifest of millions of numbers",
  ];
  for (const what of cases) {
    const path = join(all, names.get(what)!);
    const args = ["grade", path, ...expected, "--memory", "300"];
    const { code, out, err } = await fanin(place, args, trainingCli);
    assertEquals([code, out], [2, ""], `${what}: ${err}`);
    assertMatch(err, /Nothing can be graded|no plain file|300 MiB|claim to hold/, what);
  }
  const honest = join(all, names.get("with backslashes")!);
  assertEquals((await fanin(place, ["grade", honest, ...expected], trainingCli)).code, 0);
});

Deno.test("equal bytes that an export keeps once are read for each output", async () => {
  await using other = await workspace();
  // Large enough to be kept once: smaller ones lie at each of their paths.
  const [first, second] = [utf8("e".repeat(1 << 17)), utf8("e".repeat(1 << 17))];
  const twice = madeUpRun([{ name: "a/b", stage: "c", outputs: { d: first, f: second } }]);
  placeRun(other.path, twice);
  const out = join(other.path, "run.zip");
  await exportRun(other.path, twice.manifest.run, out, { authors: [] }, quiet);
  using archive = await openArchive(out);
  const directory = join(other.path, "unpacked");
  for (const name of archive.sizes.keys()) {
    const to = join(directory, name);
    await Deno.mkdir(to.slice(0, to.lastIndexOf("/")), { recursive: true });
    await Deno.writeFile(to, archive.read(name, 1 << 20)!);
  }
  assert(!archive.sizes.has("a/b/f"), "expected the bytes once");
  using source = sourceFrom(filesIn(directory), {
    name: "x",
    form: "directory",
    place: directory,
    artifacts: other.path,
  });
  assertEquals(source.read("a/b", "f"), second);
});
