/** Tests the declaration of programs as stages: their inputs, words and types, and what is refused. */
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { join } from "node:path";
import { z } from "zod";
import { changeWords } from "../../../../pipeline/engine/change_words.ts";
import { defineDag, type Handle } from "../../../../pipeline/engine/dag.ts";
import { Failed } from "../../../../pipeline/engine/failed.ts";
import {
  keyLines,
  keyOf,
  lineTexts,
  parseRecord,
  recordText,
  withInputs,
  withoutInputs,
} from "../../../../pipeline/engine/key.ts";
import {
  type CommandDeclaration,
  commandStage,
  type CommandWord,
  param,
} from "../../../../pipeline/mod.ts";
import { wordsOf } from "../../../../pipeline/engine/program/declared_program.ts";
import { versionsOf } from "../../../../pipeline/engine/program/versions.ts";
import { callStage } from "../../../../pipeline/engine/sandbox/call_stage.ts";
import { servicesInMemory } from "../../../../pipeline/engine/sandbox/run_stage.ts";
import type { AnyStage } from "../../../../pipeline/engine/stage.ts";
import type { ArtifactType, ValueOf } from "../../../../pipeline/formats/artifact_type.ts";
import { exists } from "../../../../pipeline/store/existence.ts";
import { json } from "../../../../pipeline/formats/json.ts";
import { encodeNpy } from "../../../../pipeline/formats/npy.ts";
import { encodeSafetensors } from "../../../../pipeline/formats/safetensors.ts";
import { root } from "../../../support/checkout.ts";
import { noMachine } from "../../../support/no_machine.ts";
import { workspace } from "../../../support/workspace.ts";
import { utf8 } from "../../../support/utf8.ts";

const points = json("points", z.array(z.number()));

const train = commandStage({
  name: "train",
  module: import.meta.url,
  command: ["sh", "train.sh", "--lr", param("lr"), ["--seed=", param("seed")]],
  parameters: z.strictObject({ lr: z.number().default(0.1), seed: z.int().default(1) }),
  files: ["train.sh", "lib/", "my notes.txt"],
  data: { table: "data/table.csv", points: { path: "in/points.json", type: points } },
  outputs: {
    metrics: "metrics.json",
    settings: "settings.json",
    weights: "out/weights.safetensors",
    losses: "losses.npy",
    picture: "picture.png",
    after: { path: "points.json", type: points },
  },
  versions: { shell: ["sh", "-c", "echo 1.2"] },
});

Deno.test("the DAG wires typed data; files of the repository are wired by themselves", () => {
  const make = commandStage({
    name: "make",
    module: import.meta.url,
    command: ["sh", "make.sh"],
    files: ["make.sh"],
    outputs: { points: { path: "points.json", type: points } },
  });
  const dag = defineDag((job) => {
    const made = job("make", make, { inputs: {} });
    const handle: Handle<typeof points> = made.points;
    job("train", train, { inputs: { points: handle } });
    // @ts-expect-error: the stage has no such parameter.
    void (() => job("other", train, { inputs: made, parameters: { rate: 1 } }));
    // @ts-expect-error: its points are missing.
    void (() => job("other", train, { inputs: {} }));
  });
  assertEquals(dag.map(({ name }) => name), [
    "make.sh",
    "make",
    "train.sh",
    "lib",
    "my notes.txt",
    "data/table.csv",
    "train",
  ]);
  assertEquals(dag.at(-1)!.inputs, {
    "train.sh": { job: "train.sh", output: "content" },
    lib: { job: "lib", output: "content" },
    "my%20notes.txt": { job: "my notes.txt", output: "content" },
    table: { job: "data/table.csv", output: "content" },
    points: { job: "make", output: "points" },
  });
});

Deno.test("a command has the values of parameters as words", () => {
  const { command } = train.program!;
  assertEquals(wordsOf(command, { lr: 0.5, seed: 7 }), [
    "sh",
    "train.sh",
    "--lr",
    "0.5",
    "--seed=7",
  ]);
  const any: CommandWord[] = [param("text"), param("flag"), param("list"), param("none")];
  assertEquals(wordsOf(any, { text: "a b", flag: true, list: [1, "x"], none: null }), [
    "a b",
    "true",
    '[1,"x"]',
    "null",
  ]);
});

const services = (left: Record<string, Uint8Array<ArrayBuffer>>) => ({
  ...servicesInMemory(),
  runProgram: () => Promise.resolve(left),
});
const call = { parameters: {}, inputs: {}, machine: {}, settings: {} };
const around = {
  listener: { progress() {}, measured() {}, notice() {}, log() {} },
  signal: new AbortController().signal,
  Failed,
};
Deno.test("outputs are read by their types, and stored in the one form of their values", async () => {
  const weights = encodeSafetensors({
    w: { dtype: "float32", shape: [2], data: Float32Array.of(1, 2) },
  });
  const losses = encodeNpy({ dtype: "float64", shape: [1], data: Float64Array.of(0.5) });
  const left = {
    metrics: utf8('{ "loss": 0.50,\n "accuracy": 1 }'),
    settings: utf8('{"b": 1, "a": [null, "x"]}'),
    weights: weights as Uint8Array<ArrayBuffer>,
    losses: losses as Uint8Array<ArrayBuffer>,
    picture: utf8("any bytes"),
    after: utf8(" [1, 2]"),
  };
  const outputs = await callStage(train, call, services(left), around);
  const text = (name: string) => new TextDecoder().decode(outputs[name]);
  assertEquals(text("metrics"), '{"accuracy":1,"loss":0.5}\n');
  assertEquals(text("settings"), '{"a":[null,"x"],"b":1}\n');
  assertEquals(text("after"), "[1,2]\n");
  assertEquals(outputs.weights, weights);
  assertEquals(outputs.losses, losses);
  assertEquals(text("picture"), "any bytes");
  // The types of values follow from the paths.
  const _metrics: ValueOf<typeof train.outputs.metrics> = { loss: 1 };
  const _picture: ArtifactType<"file", Uint8Array> = train.outputs.picture;

  for (
    const [name, bytes, problem] of [
      ["metrics", '{"loss": "low"}', "metrics.json that is no metrics: metrics does not fit"],
      ["metrics", '{"loss": NaN}', "metrics.json that is no metrics: metrics: expected JSON"],
      [
        "metrics",
        '{"a": 1, "\\u0061": 2}',
        'is no metrics: expected each name once, found "a" twice',
      ],
      ["metrics", '{"loss": -Infinity}', 'write them as the texts "NaN", "Infinity" and'],
      ["metrics", '{"__proto\\u005f_": 1}', "expected another name than __proto__"],
      ["settings", '{"a": [{"__proto__": 1}]}', "expected another name than __proto__"],
      [
        "metrics",
        '{"loss": -1e400}',
        "expected numbers that float64 has, found -1e400. Have it write",
      ],
      ["metrics", `{"loss": ${"9".repeat(310)}.5}`, "expected numbers that float64 has, found 999"],
      ["settings", "[1e999]", "settings.json that is no settings: json does not fit"],
      [
        "settings",
        '{"seed":-9007199254740993}',
        "that float64 has, found -9007199254740993. Have it write",
      ],
      ["after", "[1", "points.json that is no after: points: expected JSON"],
      ["weights", "short", "out/weights.safetensors that is no weights: safetensors: expected 8"],
      ["losses", "short", "losses.npy that is no losses: npy: expected an element type"],
    ]
  ) {
    const other = services({ ...left, [name]: utf8(bytes) });
    const { message } = await callStage(train, call, other, around).catch((error) => error);
    assertStringIncludes(message, problem);
  }
  // Such integers as float64 has them or JavaScript writes them, and any digits in a text.
  const kept = '{"_proto_":"__proto__","a":[9007199254740992,9223372036854776000],' +
    '"b":"9007199254740993, 1","c":0.12345678901234567,"d":[1.7e+308,"1e400"]}';
  const other = await callStage(
    train,
    call,
    services({ ...left, settings: utf8(kept) }),
    around,
  );
  assertEquals(JSON.parse(new TextDecoder().decode(other.settings)), JSON.parse(kept));
});

Deno.test("versions are lines of the key, and a change of one is a sentence", async () => {
  const versions = (await versionsOf([train as AnyStage], root)).get("train")!;
  assertEquals(versions, { shell: "1.2" });
  const code = { sha256: "c".repeat(64), packages: [] };
  const inputs = { points: "a".repeat(64) };
  const lines = keyLines(train, { lr: 1 }, inputs, code, noMachine, versions);
  assertEquals(lineTexts(lines).slice(-2), [
    `input points sha256:${"a".repeat(64)}`,
    'version shell "1.2"',
  ]);
  assertEquals(parseRecord(recordText(lines)).versions, versions);
  // A node adds the inputs later, and must come to the same key.
  assertEquals(keyOf(withInputs(withoutInputs(lines), inputs)), keyOf(lines));
  const words = (from: string, to: string) =>
    changeWords({
      kind: "version",
      name: "packages",
      from: JSON.stringify(from),
      to: JSON.stringify(to),
    });
  assertEquals(words("1.2", "1.3"), "version of packages (1.2 → 1.3)");
  assertEquals(words("a 1\nb 1\nc 1", "a 1\nb 2\nc 1"), "version of packages (b 1 → b 2)");
  assertEquals(words("a 1", "a 1\nb 1"), "version of packages (none → b 1)");
});

Deno.test("a version that cannot be found out fails before anything runs", async () => {
  const stage = (command: string[]): AnyStage =>
    commandStage({
      name: "fit",
      module: import.meta.url,
      command: ["sh", "fit.sh"],
      outputs: { metrics: "metrics.json" },
      versions: { tool: command },
    });
  const cases: [command: string[], problem: string][] = [
    [["sh", "-c", "echo broken; exit 3"], "found exit code 3: broken."],
    [["sh", "-c", "true"], "found nothing printed."],
    [["sh", "-c", "head -c 70000 /dev/zero | tr '\\0' x"], "found 70000 characters"],
  ];
  for (const [command, problem] of cases) {
    const { message } = await versionsOf([stage(command)], root).catch((error) => error);
    assertStringIncludes(message, "The stage fit has no version of tool: expected one from sh -c");
    assertStringIncludes(message, problem);
  }
});

const lingering = {
  "does not end": "wait",
  "leaves a process that holds its output": "exit",
};
for (const [what, end] of Object.entries(lingering)) {
  Deno.test(`a version command that ${what} is waited for a minute`, async () => {
    await using place = await workspace();
    const started = join(place.path, "started");
    const line = `: > '${started}'; while [ -e '${started}' ]; do sleep 0.02; done & ${end}`;
    const stage: AnyStage = commandStage({
      name: "fit",
      module: import.meta.url,
      command: ["sh", "fit.sh"],
      outputs: { metrics: "metrics.json" },
      versions: { tool: ["sh", "-c", line] },
    });
    using minute = heldTimer(60_000);
    const asked = versionsOf([stage], root).catch((error) => error);
    while (!exists(started)) await new Promise((resolve) => setTimeout(resolve, 10));
    minute.end();
    const { message } = await asked;
    assertStringIncludes(message, "found no end of its output in 60 s");
  });
}

/** Holds timers of so many ms until `end`. */
function heldTimer(milliseconds: number): Disposable & { end(): void } {
  const { setTimeout } = globalThis;
  const held: (() => void)[] = [];
  globalThis.setTimeout =
    ((action: () => void, delay?: number) =>
      delay === milliseconds ? held.push(action) : setTimeout(action, delay)) as typeof setTimeout;
  return {
    end: () => held.forEach((action) => action()),
    [Symbol.dispose]: () => void (globalThis.setTimeout = setTimeout),
  };
}

Deno.test("a program that the permission set does not list is not started", async () => {
  const stage: AnyStage = commandStage({
    name: "fit",
    module: import.meta.url,
    command: ["python3", "fit.py"],
    outputs: { metrics: "metrics.json" },
    versions: { julia: ["julia", "--version"] },
  });
  const { message } = await versionsOf([stage], root).catch((error) => error);
  assertStringIncludes(message, "The stage fit starts python3 and julia, which this task may not");
  assertStringIncludes(message, '  "run": ["git", "sh", ');
  assertStringIncludes(message, ', "python3", "julia"]\n');
});

Deno.test("a listed program that is not granted is not installed, or only another command's set lists it", async () => {
  await using place = await workspace();
  const permissions = { fanin: { run: ["sh", "cat", "no-such-one"] }, local: { run: ["sh"] } };
  await Deno.writeTextFile(join(place.path, "deno.json"), JSON.stringify({ permissions }));
  const refusal = async (program: string): Promise<string> => {
    const stage: AnyStage = commandStage({
      name: "fit",
      module: import.meta.url,
      command: [program],
      outputs: { metrics: "metrics.json" },
    });
    const { message } = await versionsOf([stage], place.path).catch((error) => error);
    return message;
  };
  const absent =
    "The stage fit starts no-such-one: expected in a directory of PATH, found in none.";
  assertStringIncludes(await refusal("no-such-one"), absent);
  assertStringIncludes(
    await refusal("cat"),
    'under "permissions" and "local", the line\n  "run": ["sh", "cat"]\n',
  );
});

type Any = CommandDeclaration<z.ZodObject, Record<string, string>, Record<string, string>>;

Deno.test("a declaration that cannot work is refused with its stage", () => {
  const refused = (change: Partial<Any>, problem: string) => {
    const stage: AnyStage = commandStage({
      name: "fit",
      module: import.meta.url,
      command: ["sh", "fit.sh"],
      outputs: { metrics: "metrics.json" },
      ...change,
    } as Any);
    const { message } = assertThrows(
      () => defineDag((job) => void job("fit", stage, { inputs: {} })),
      Failed,
    );
    assertStringIncludes(message, "fit");
    assertStringIncludes(message, problem);
  };
  for (
    const path of ["../x", "a/../../x", "/etc/x", "", ".", "a//b", "a\\b", "C:\\x", "a/", "./a"]
  ) {
    refused({ outputs: { x: path } }, "has an unfit path: expected one within its directory");
  }
  refused({ files: ["../fit.sh"] }, "has an unfit path");
  refused({ data: { table: "/etc/passwd" } }, "has an unfit path");
  refused({ files: ["out"], outputs: { x: "out/x" } }, "has two files in one place");
  refused({ outputs: { x: "a.txt", y: "a.txt" } }, "has two files in one place");
  assertThrows(
    () => refused({ files: ["fit.sh"], data: { "fit.sh": "other.sh" } }, ""),
    Error,
    "the command stage fit has two files under the name fit.sh: fit.sh and other.sh; expected",
  );
  assertThrows(() => refused({ files: ["lib", "lib/"] }, ""), Error, "lib and lib/");
  refused({ outputs: {} }, "has no output");
  refused({ command: [] }, "cannot start its program");
  refused({ command: ["./fit.sh"] }, 'found "./fit.sh"');
  refused({ command: ["A=1"] }, 'found "A=1"');
  refused({ versions: { v: [] } }, "cannot start its program");
  refused({ versions: { "a b": ["sh"] } }, "has a version with an unfit name");
  refused({ command: ["sh", param("rate")] as Any["command"] }, "has an unknown parameter");
  refused(
    { parameters: z.strictObject({ rate: z.number().default(1) }) },
    "does not use its parameter rate",
  );
  refused({ environment: { "A B": "1" } }, "has an unfit variable");
  refused({ inherit: ["LD_PRELOAD"] }, "cannot inherit LD_PRELOAD");
  refused({ inherit: ["A;rm"] }, "has an unfit variable");
  refused({ environment: { A: "1" }, inherit: ["A"] }, "has A twice");
});
