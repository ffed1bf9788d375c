/** Tests files and directories of the repository as inputs: in keys, in the store and in messages. */
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { dirname, join } from "node:path";
import { z } from "zod";
import { Action } from "../../../schemas/run/action.ts";
import { type Dag, defineDag, directory, file, stagesOf } from "../../../pipeline/engine/dag.ts";
import { inOrder } from "../../../pipeline/engine/order.ts";
import { Failed } from "../../../pipeline/engine/failed.ts";
import { link, writeText } from "../../support/copied_files.ts";
import { inProcess } from "../../support/in_process.ts";
import { text } from "../../../pipeline/formats/bytes.ts";
import { files } from "../../../pipeline/formats/files.ts";
import { json } from "../../../pipeline/formats/json.ts";
import { decodeSafetensors } from "../../../pipeline/formats/safetensors.ts";
import { lineTexts, parseRecord, recordText } from "../../../pipeline/engine/key.ts";
import { changeWords, whyWords } from "../../../pipeline/engine/change_words.ts";
import { plan, type PlannedJob, type Why } from "../../../pipeline/engine/plan.ts";
import { keyed } from "../../../pipeline/engine/keyed_job.ts";
import { storeData, takeSnapshots } from "../../../pipeline/engine/own_data/read_data.ts";
import { run } from "../../../pipeline/engine/scheduler.ts";
import type { Outcome } from "../../../pipeline/engine/obtain.ts";
import { runStage } from "../../../pipeline/engine/sandbox/run_stage.ts";
import { unsealed } from "../../../pipeline/store/sealed.ts";
import { sha256Of } from "../../../pipeline/store/sha256.ts";
import { defineStage } from "../../../pipeline/engine/stage.ts";
import {
  actionPath,
  actionsIn,
  blobsIn,
  openStore,
  readBlob,
} from "../../../pipeline/store/store.ts";
import { count } from "../../fixtures/own_data/own_data_stages.ts";
import { numbers } from "../../fixtures/counting/counting_types.ts";
import { double } from "../../fixtures/counting/double.ts";
import { noMachine } from "../../support/no_machine.ts";
import { workspace } from "../../support/workspace.ts";
import { shell } from "../../support/shell.ts";
import { succeedIn } from "../../support/succeed.ts";

const table = text("table", { mediaType: "text/csv", extension: ".csv" });
const names = json("names", z.array(z.string()));

const measure = defineStage({
  name: "measure",
  module: import.meta.url,
  about: "measures a text",
  inputs: { table },
  outputs: { numbers },
  run: ({ inputs }) => ({ numbers: [inputs.table.length] }),
});

const list = defineStage({
  name: "list",
  module: import.meta.url,
  about: "lists files with what they hold",
  inputs: { pages: files },
  outputs: { names },
  run: ({ inputs: { pages } }) => ({
    names: Object.entries(pages).map(([path, bytes]) =>
      `${path}: ${new TextDecoder().decode(bytes)}`
    ),
  }),
});

/** A job for each input, and one that needs the first one's output. */
const dag = defineDag((job) => {
  const { numbers } = job("measure", measure, { inputs: { table: file("data/x.csv") } });
  job("measure again", measure, { inputs: { table: file("./data//y.csv") } });
  job("list", list, { inputs: { pages: directory("data/pages/") } });
  job("double", double, { inputs: { numbers } });
});

/** Writes the files that the DAG names. */
async function repository(root: string): Promise<void> {
  await writeText(join(root, "data", "x.csv"), "1,2\n");
  await writeText(join(root, "data", "y.csv"), "3,4,5\n");
  await writeText(join(root, "data", "pages", "b.txt"), "b");
  await writeText(join(root, "data", "pages", "a", "long name.txt"), "a");
  await writeText(join(root, "data", "pages", ".hidden"), "h");
}

/** Prepares the data at a root, with the existing store. */
function prepared(root: string, of: Dag = dag) {
  const store = openStore(join(root, "store"));
  const code = { sha256: "c".repeat(64), packages: [] };
  return {
    store,
    root,
    codes: new Map([...stagesOf(of).keys()].map((name) => [name, code])),
    machine: noMachine,
    data: takeSnapshots(inOrder(of), root, store.table),
  };
}

async function runAll(root: string, of: Dag = dag, context = prepared(root, of)) {
  const stages = stagesOf(of);
  const executor = inProcess({ store: context.store, stages, settings: {} });
  const outcomes = await run(inOrder(of), context, executor, {
    force: new Set(),
    signal: new AbortController().signal,
    onEvent() {},
    onOutcome() {},
  });
  return new Map(outcomes.map((outcome) => [outcome.job.name, outcome]));
}

const ran = (outcomes: Map<string, Outcome>) =>
  [...outcomes.values()].filter(({ status }) => status === "ran").map(({ job }) => job.name).sort();

function planned(root: string, of: Dag = dag): Map<string, PlannedJob> {
  const jobs = plan(inOrder(of), prepared(root, of), {
    force: new Set(),
    earlier: () => undefined,
    onNotice() {},
  });
  return new Map(jobs.map((one) => [one.job.name, one]));
}

const failureOf = (test: () => unknown) => assertThrows(test, Failed);

Deno.test("a file's bytes and those of a directory's files come to the stages that take them", async () => {
  await using place = await workspace();
  await repository(place.path);
  const outcomes = await runAll(place.path);
  assertEquals([...outcomes.values()].map(({ status }) => status), Array(7).fill("ran"));
  const { store } = prepared(place.path);
  const value = (job: string, output: string) =>
    JSON.parse(
      new TextDecoder().decode(
        readBlob(store, outcomes.get(job)!.action!.outputs[output].sha256),
      ),
    );
  assertEquals(value("measure", "numbers"), [4]);
  assertEquals(value("list", "names"), [".hidden: h", "a/long name.txt: a", "b.txt: b"]);
  const { content } = outcomes.get("data/x.csv")!.action!.outputs;
  assertEquals(content, { sha256: sha256Of("1,2\n"), size: 4 });
});

Deno.test("an edit reruns what needs the data and says so; a touch, Python's cache and putting it back rerun nothing", async () => {
  await using place = await workspace();
  const at = (path: string) => join(place.path, "data", path);
  await repository(place.path);
  await runAll(place.path);
  assertEquals(ran(await runAll(place.path)), []);

  await Deno.utime(at("x.csv"), 1, 1);
  await Deno.utime(at("pages/b.txt"), 1, 1);
  await writeText(at("pages/a/__pycache__/module.cpython-311.pyc"), "made by Python");
  assertEquals(ran(await runAll(place.path)), []);

  await writeText(at("x.csv"), "1,2,3\n");
  assertEquals(ran(await runAll(place.path)), ["data/x.csv", "double", "measure"]);
  await writeText(at("x.csv"), "1,2\n");
  assertEquals(ran(await runAll(place.path)), []);

  for (
    const change of [
      () => writeText(at("pages/b.txt"), "B"),
      () => writeText(at("pages/new.txt"), ""),
      () => Deno.remove(at("pages/new.txt")).then(() => Deno.remove(at("pages/.hidden"))),
      () => Deno.rename(at("pages/a"), at("pages/z")),
      () => Deno.rename(at("pages/b.txt"), at("pages/c.txt")),
    ]
  ) {
    await change();
    assertEquals(ran(await runAll(place.path)), ["data/pages", "list"]);
  }
  await Deno.remove(at("pages"), { recursive: true });
  await repository(place.path);
  assertEquals(ran(await runAll(place.path)), []);
});

Deno.test("keys depend on the path within the repository and on the bytes alone", async () => {
  await using place = await workspace();
  const roots = ["one", "two with ü", "link"].map((name) => join(place.path, name));
  for (const root of roots.slice(0, 2)) await repository(root);
  await link(roots[1], roots[2]);
  const keysAt = async (root: string) =>
    [...await runAll(root)].map(([name, { keyed }]) => [name, keyed!.key]);
  const keys = await keysAt(roots[0]);
  for (const root of roots.slice(1)) assertEquals(await keysAt(root), keys);

  const moved = defineDag((job) =>
    void job("measure", measure, { inputs: { table: file("data/y.csv") } })
  );
  await Deno.copyFile(join(roots[0], "data", "x.csv"), join(roots[0], "data", "y.csv"));
  const outcomes = await runAll(roots[0], moved);
  assertEquals(ran(outcomes), ["data/y.csv"], "the bytes are known, the path is another");
});

Deno.test("a plan knows which jobs an edited file reruns, and stores nothing", async () => {
  await using place = await workspace();
  await repository(place.path);
  await runAll(place.path);
  const stored = () => {
    const { store } = prepared(place.path);
    return [...blobsIn(store), ...actionsIn(store)].length;
  };
  const before = stored();
  await writeText(join(place.path, "data", "x.csv"), "9\n");
  await writeText(join(place.path, "data", "pages", "c.txt"), "9\n");
  const jobs = planned(place.path);
  const states = [...jobs].map(([name, { state }]) => [name, state]);
  assertEquals(Object.fromEntries(states), {
    "data/x.csv": "run",
    measure: "run",
    "data/y.csv": "cached",
    "measure again": "cached",
    "data/pages": "run",
    list: "run",
    double: "run",
  });
  assertEquals(stored(), before);
  const measured = jobs.get("measure")!;
  assert(measured.state === "run");
  assertEquals(measured.keyed?.inputs, { table: sha256Of("9\n") });
});

Deno.test("a job with other bytes of one input runs for certain, whatever those of another will be", async () => {
  await using place = await workspace();
  await repository(place.path);
  const both = defineStage({
    name: "both",
    module: import.meta.url,
    about: "counts characters and files",
    inputs: { table, pages: files },
    outputs: { numbers },
    run: ({ inputs }) => ({
      numbers: [inputs.table.length, Object.keys(inputs.pages).length],
    }),
  });
  const of = defineDag((job) => {
    job("both", both, { inputs: { table: file("data/x.csv"), pages: directory("data/pages") } });
  });
  const first = await runAll(place.path, of);
  const now = () => {
    const jobs = plan(inOrder(of), prepared(place.path, of), {
      force: new Set(),
      earlier: (job) => ({ run: "first", status: "ran", lines: first.get(job)!.keyed!.lines }),
      onNotice() {},
    });
    return jobs.find(({ job }) => job.name === "both")!;
  };
  await writeText(join(place.path, "data", "pages", "c.txt"), "9\n");
  const waiting = now();
  assert(waiting.state === "waits");
  assertEquals(waiting.for, ["data/pages"]);
  await writeText(join(place.path, "data", "x.csv"), "9\n");
  const certain = now();
  assert(certain.state === "run" && certain.why.reason === "changed");
  assertEquals(certain.why.changes.map(({ kind, name }) => `${kind} ${name}`), ["input table"]);
});

Deno.test("the lines of the key name the file, also one with spaces and signs in its path", async () => {
  await using place = await workspace();
  const path = "my data/100% (raw)\n.csv";
  await writeText(join(place.path, path), "1\n");
  const odd = defineDag((job) => void job("measure", measure, { inputs: { table: file(path) } }));
  const [job] = inOrder(odd);
  assertEquals(job.name, "my data/100_ _raw__.csv");
  const { lines } = keyed(job, new Map(), prepared(place.path, odd))!;
  assertEquals(lineTexts(lines), [
    "source file",
    `file my%20data/100%25%20(raw)%0A.csv sha256:${sha256Of("1\n")}`,
  ]);
  assertEquals(parseRecord(recordText(lines)).stage, "file");
  assertEquals(ran(await runAll(place.path, odd)), ["measure", job.name]);
});

Deno.test("people read paths as they are, though lines of a key have them as one word", () => {
  const words = (kind: string, name: string) => changeWords({ kind, name, from: "a", to: "b" });
  assertEquals(words("file", "my%20data/100%25.csv"), "the file my data/100%.csv");
  assertEquals(words("input", "tools/fit%20it.py"), "where its input tools/fit it.py comes from");
  // A control character stays as the line has it, and so does what no path gives.
  for (const word of ["a%0Ab.csv", "a%41.csv", "50%.csv", "%", "plain.csv"]) {
    assertEquals(words("file", word), `the file ${word}`);
  }
  const why: Why = {
    reason: "changed",
    changes: [{ kind: "input", name: "tools/fit%20it.py", from: "a", to: "b" }],
    sources: {},
  };
  const inputs = { "tools/fit%20it.py": { job: "tools/fit it.py", output: "content" } };
  const context = { sources: {}, read: () => undefined };
  assertEquals(whyWords({ inputs }, why, context), ["other bytes of its input tools/fit it.py"]);
});

for (
  const [what, make, message] of [
    [
      "is not there",
      () => Promise.resolve(),
      "data/x.csv cannot be read as an input: it does not exist",
    ],
    ["is a directory", (path) => Deno.mkdir(path), "it is a directory, which directory(…) names"],
    ["leads nowhere", (path) => link("nowhere", path), "it does not exist"],
  ] satisfies [string, (path: string) => Promise<unknown>, string][]
) {
  Deno.test(`a file that ${what} is one sentence before anything runs`, async () => {
    await using place = await workspace();
    await repository(place.path);
    const path = join(place.path, "data", "x.csv");
    await Deno.remove(path);
    await make(path);
    const { message: found } = failureOf(() => prepared(place.path));
    assertStringIncludes(found, message);
    assertStringIncludes(found, "name another file in the DAG");
  });
}

for (
  const [what, make, message] of [
    ["is not there", () => Promise.resolve(), "data/pages cannot be read as an input: it does not"],
    ["is a file", (path) => Deno.writeTextFile(path, ""), "it is a file, which file(…) names"],
    ["has a link in it", async (path) => {
      await writeText(join(path, "in", "a.txt"), "a");
      await link("a.txt", join(path, "in", "b.txt"));
    }, "data/pages/in/b.txt cannot be read as an input: it is a symbolic link"],
    [
      "has a file whose name is no UTF-8",
      (path) => succeedIn(dirname(path), `mkdir pages && : > "pages/$(printf 'caf\\351')"`),
      "data/pages/caf\ufffd cannot be read as an input: its name is no UTF-8; rename it",
    ],
    [
      "has a directory whose name is no UTF-8",
      (path) => succeedIn(dirname(path), `mkdir -p "pages/$(printf 'caf\\351')"`),
      "data/pages/caf\ufffd/ cannot be read as an input: its name is no UTF-8; rename it",
    ],
    [
      "has a file that no tensor can be named as",
      (path) => writeText(join(path, "__proto__"), ""),
      "data/pages/__proto__ cannot be read as an input: its name",
    ],
  ] satisfies [string, (path: string) => Promise<unknown>, string][]
) {
  Deno.test(`a directory that ${what} is one sentence before anything runs`, async () => {
    await using place = await workspace();
    await repository(place.path);
    const path = join(place.path, "data", "pages");
    await Deno.remove(path, { recursive: true });
    await make(path);
    assertStringIncludes(failureOf(() => prepared(place.path)).message, message);
  });
}

for (
  const path of ["../x.csv", "data/../../x.csv", "/etc/passwd", "C:\\x", ".", "", "..", "a\0b"]
) {
  Deno.test(`${JSON.stringify(path)} names nothing within the repository`, () => {
    for (const make of [file, directory]) {
      assertStringIncludes(failureOf(() => make(path)).message, "within the repository");
    }
  });
}

Deno.test("a directory is only for an input that takes one, and a file of one name is one job", () => {
  defineDag((job) => {
    // @ts-expect-error: a directory is no text
    job("a", measure, { inputs: { table: directory("data") } });
  });
  const wrong = defineDag((job) => {
    const table = directory("data") as unknown as ReturnType<typeof file>;
    job("a", measure, { inputs: { table } });
  });
  assertEquals(failureOf(() => inOrder(wrong)).failure.reason, "wrong-wiring");
  const twice = defineDag((job) => {
    job("a", measure, { inputs: { table: file("data/x.csv") } });
    job("b", measure, { inputs: { table: file("./data/x.csv") } });
  });
  assertEquals(inOrder(twice).map(({ name }) => name), ["data/x.csv", "a", "b"]);
  const alike = defineDag((job) => {
    job("a", measure, { inputs: { table: file("data/x?.csv") } });
    job("b", measure, { inputs: { table: file("data/x*.csv") } });
  });
  assertEquals(
    failureOf(() => inOrder(alike)).message,
    'The file data/x?.csv and the file data/x*.csv would be one job, "data/x_.csv": a job\'s name ' +
      'has letters, digits, "_", "-", "." and spaces alone. Rename one of them.',
  );
});

Deno.test("a file that is not there is met with the name beside it that was probably meant", async () => {
  await using place = await workspace();
  await writeText(join(place.path, "my data/measurements.csv"), "1\n");
  const missing = (path: string) => {
    const dag = defineDag((job) => void job("a", measure, { inputs: { table: file(path) } }));
    return failureOf(() => prepared(place.path, dag)).message;
  };
  assertStringIncludes(
    missing("my data/measurments.csv"),
    'it does not exist. Did you mean "my data/measurements.csv"? The DAG names it',
  );
  for (const path of ["my data/other.csv", "no/measurements.csv"]) {
    assertStringIncludes(missing(path), "it does not exist. The DAG names it");
  }
});

Deno.test("a DAG of many files compares no two of them", () => {
  let looks = 0;
  const counted = (path: string) => {
    const handle = file(path);
    const data = {
      kind: "file" as const,
      get path() {
        looks++;
        return path;
      },
    };
    return { ...handle, data };
  };
  const jobs = defineDag((job) => {
    for (let i = 0; i < 200; i++) {
      job(`measure ${i}`, measure, { inputs: { table: counted(`data/${i}.csv`) } });
    }
  });
  assertEquals(jobs.length, 400);
  assert(looks < 5 * jobs.length, `${looks} looks at paths`);
});

Deno.test("a file that changes between hashing and reading is not stored", async () => {
  await using place = await workspace();
  const at = (path: string) => join(place.path, "data", path);
  for (
    const [name, path, change] of [
      ["data/x.csv", "x.csv", () => writeText(at("x.csv"), "1,3\n")],
      ["data/x.csv", "x.csv", () => writeText(at("x.csv"), "1,2\nmore\n")],
      ["data/x.csv", "x.csv", () => Deno.remove(at("x.csv"))],
      ["data/pages", "pages/b.txt", () => writeText(at("pages/b.txt"), "c")],
      ["data/pages", "pages/b.txt", () => writeText(at("pages/b.txt"), "")],
    ] satisfies [string, string, () => Promise<void>][]
  ) {
    await repository(place.path);
    await shell("rm -rf store", place.path);
    const context = prepared(place.path);
    await change();
    const outcomes = await runAll(place.path, dag, context);
    const { status, error, keyed } = outcomes.get(name)!;
    assertEquals(status, "failed", `${name} ${path}`);
    assertStringIncludes(error!, `data/${path} was changed after its hash was taken`);
    await assertRejects(() => Deno.stat(actionPath(context.store, keyed!.key)));
    const stored = [...blobsIn(context.store)].map(({ sha256 }) => sha256);
    assert(!stored.includes(context.data.get(name)!.sha256));
  }
  await repository(place.path);
  assertEquals(ran(await runAll(place.path)).includes("data/pages"), true);
});

Deno.test("an entry with another hash than the file's is not used", async () => {
  await using place = await workspace();
  await repository(place.path);
  const outcomes = await runAll(place.path);
  const { store } = prepared(place.path);
  const path = actionPath(store, outcomes.get("data/x.csv")!.keyed!.key);
  const action = Action.parse(unsealed(await Deno.readTextFile(path)));
  action.outputs.content = outcomes.get("data/y.csv")!.action!.outputs.content;
  await Deno.remove(path);
  await Deno.writeTextFile(path, JSON.stringify(action));
  assertEquals(planned(place.path).get("data/x.csv")!.state, "run");
  assertEquals(ran(await runAll(place.path)), ["data/x.csv"]);
});

Deno.test("lost bytes of own data are read again when a job needs them", async () => {
  await using place = await workspace();
  await repository(place.path);
  const outcomes = await runAll(place.path);
  const context = prepared(place.path);
  for (const name of ["data/x.csv", "data/pages"]) {
    const { sha256 } = outcomes.get(name)!.action!.outputs.content;
    await Deno.remove([...blobsIn(context.store)].find((blob) => blob.sha256 === sha256)!.path);
  }
  assertEquals(ran(await runAll(place.path)), ["data/pages", "data/x.csv"]);
});

Deno.test("a directory's artifact has the documented form, and is streamed", async () => {
  await using place = await workspace();
  const size = 5_000_000;
  const big = new Uint8Array(size).map((_, i) => i * i);
  await writeText(join(place.path, "data", "10"), "ten");
  await writeText(join(place.path, "data", "9"), "nine");
  await Deno.writeFile(join(place.path, "data", "big"), big);
  const own = defineDag((job) =>
    void job("count", count, { inputs: { pages: directory("data") } })
  );
  const outcomes = await runAll(place.path, own);
  const { store, data } = prepared(place.path, own);
  const stored = readBlob(store, outcomes.get("data")!.action!.outputs.content.sha256);
  const value = files.decode(stored);
  assertEquals(Object.keys(value).sort(), ["10", "9", "big"]);
  assertEquals(sha256Of(value.big), sha256Of(big));
  assertEquals(sha256Of(files.encode(value)), sha256Of(stored));
  assertEquals(decodeSafetensors(stored)["10"].shape, [3]);
  const { metrics } = await runStage(count, { inputs: { pages: value } });
  assertEquals(metrics, { files: 3, bytes: size + 7 });

  const pieces: number[] = [];
  const [job] = inOrder(own);
  let last = 0;
  await storeData(keyed(job, new Map(), prepared(place.path, own))!, data.get("data")!, store, {
    onProgress: (done) => (pieces.push(done - last), last = done),
    signal: new AbortController().signal,
  });
  assertEquals(last, size + 7);
  assert(Math.max(...pieces) <= 1 << 20);
});

Deno.test("a small file is read into no more memory than it needs", async () => {
  await using place = await workspace();
  await writeText(join(place.path, "data", "small"), "small");
  const own = defineDag((job) =>
    void job("count", count, { inputs: { pages: directory("data") } })
  );
  const { read } = Deno.FsFile.prototype;
  const lengths: number[] = [];
  Deno.FsFile.prototype.read = function (buffer) {
    lengths.push(buffer.length);
    return read.call(this, buffer);
  };
  try {
    await runAll(place.path, own);
  } finally {
    Deno.FsFile.prototype.read = read;
  }
  assert(lengths.length > 0);
  assert(Math.max(...lengths) < 10, `buffers of ${lengths.join(", ")} bytes`);
});
