/** Fuzzes documents that people and other programs write, and the engine's own records of runs. */
import { join } from "node:path";
import { z } from "zod";
import { canonicalJson, json, parseJson } from "../../../pipeline/formats/json.ts";
import { ledger, metrics } from "../../../pipeline/formats/metrics.ts";
import { text } from "../../../pipeline/formats/bytes.ts";
import { FormatError } from "../../../pipeline/formats/artifact_type.ts";
import { Failed } from "../../../pipeline/engine/failed.ts";
import { manifestProblems } from "../../../pipeline/runs/validate.ts";
import { readExpected } from "../../../pipeline/grade/expected_file.ts";
import { readSubmitted } from "../../../pipeline/grade/submitted/submitted_metrics.ts";
import { keyOf, parseRecord } from "../../../pipeline/engine/key.ts";
import { parseManifest } from "../../../pipeline/runs/read_manifest.ts";
import { loadExperiment } from "../../../pipeline/engine/project/project.ts";
import { parseAddress } from "../../../pipeline/remote/address.ts";
import { entryOf, parseAction, parseRemoteRun } from "../../../pipeline/remote/remote_entry.ts";
import { RemoteFailure } from "../../../pipeline/remote/remote_failure.ts";
import { readTolerances } from "../../../pipeline/commands/diff.ts";
import { readJournal } from "../../../pipeline/slurm/submission_files.ts";
import { readClusterFile } from "../../../pipeline/slurm/slurm_run.ts";
import { checksumOf, contentOf } from "../../../pipeline/store/sealed.ts";
import { loadStatTable } from "../../../pipeline/store/stat_cache.ts";
import { openStore, readAction, writeAction } from "../../../pipeline/store/store.ts";
import type { Action } from "../../../schemas/run/action.ts";
import type { RemoteRun } from "../../../schemas/run/remote_run.ts";
import { byteMutations, fuzz, jsonMutations } from "../../support/fuzz.ts";
import { fileOf } from "../../support/grade_subject.ts";
import { madeUpRun, metricsBytes } from "../../support/made_up_run.ts";
import { utf8 } from "../../support/utf8.ts";
import { root } from "../../support/checkout.ts";
import { workspace } from "../../support/workspace.ts";

/** Parsed JSON lies in the heap; outside of it is at most the text, decoded. */
const document = (length: number) => 4 * length + (1 << 18);

const anything = json("anything", z.json());
fuzz({
  name: "JSON of any form",
  samples: [utf8(canonicalJson({ a: [1, 2.5, null, true], b: { c: "text", d: {} }, e: [] }))],
  read: (bytes) => anything.decode(bytes),
  write: (value) => anything.encode(value),
  errors: [FormatError],
  bound: document,
  runs: 1500,
  mutations: jsonMutations,
});

fuzz({
  name: "a text",
  samples: [utf8("a text, with ünï cödé\n")],
  read: text("text", { mediaType: "text/plain", extension: ".txt" }).decode,
  write: utf8,
  errors: [FormatError],
  bound: document,
  runs: 500,
});

const artifacts: [
  name: string,
  type: typeof metrics | typeof ledger,
  sample: unknown,
][] = [
  ["metrics", metrics, { "accuracy": 0.5, "loss.train": 1.25 }],
  ["a ledger of claims", ledger, { claims: [], controls: [] }],
];
for (const [name, type, sample] of artifacts) {
  fuzz<unknown>({
    name,
    samples: [utf8(canonicalJson(sample) + "\n")],
    read: (bytes) => type.decode(bytes),
    write: (value) => type.encode(value as never),
    errors: [FormatError],
    bound: document,
    runs: 500,
    mutations: jsonMutations,
  });
}

const { manifest } = madeUpRun([
  { name: "numbers/first", stage: "source", outputs: { numbers: utf8("[1]") } },
  {
    name: "report/first",
    stage: "report",
    parameters: { deep: { list: [1, null] } },
    inputs: { numbers: ["numbers/first", "numbers"] },
    outputs: { metrics: metricsBytes({ sum: 1 }) },
  },
]);
const decoded = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

fuzz({
  name: "a manifest",
  samples: [utf8(canonicalJson(manifest))],
  read(bytes) {
    const read = parseManifest(decoded(bytes), "manifest.json");
    // Its statements may be wrong; finding that out must not fail.
    manifestProblems(read);
    return read;
  },
  write: (value) => utf8(canonicalJson(value)),
  errors: [Failed],
  bound: document,
  runs: 700,
  mutations: jsonMutations,
});

fuzz({
  name: "a record of a job",
  samples: manifest.jobs.map(({ lines }) => utf8(lines.join("\n") + "\n")),
  read: (bytes) => parseRecord(decoded(bytes)),
  holds: ({ lines, parameters }) =>
    keyOf(lines).length === 64 && Object.getPrototypeOf(parameters) === Object.prototype,
  errors: [FormatError],
  bound: document,
  runs: 1500,
});

fuzz({
  name: "JSON alone, as text",
  samples: [utf8('{"a":"[\\"\\\\","b":[[[1]]]}')],
  read: (bytes) => ({ value: parseJson(decoded(bytes)) }),
  errors: [FormatError],
  bound: document,
  runs: 1000,
  mutations: jsonMutations,
});

const place = await workspace();
Deno.test.afterAll(async () => await place[Symbol.asyncDispose]());
const file = (name: string, bytes: Uint8Array): string => {
  const path = join(place.path, name);
  Deno.writeFileSync(path, bytes);
  return path;
};

const reference = join(root, "artifacts", "reference");
fuzz({
  name: "a file of expected metrics",
  samples: [Deno.readFileSync(join(reference, "expected-quick.json"))],
  read: (bytes) => readExpected(file("expected.json", bytes)).expected,
  write: (value) => utf8(canonicalJson(value)),
  errors: [Failed],
  bound: (length) => 4 * length + (1 << 20),
  runs: 150,
  mutations: jsonMutations,
});

fuzz({
  name: "a file of tolerances",
  samples: [utf8('{"metrics":[],"outputs":[],"version":1}')],
  read: (bytes) => readTolerances(file("tolerances.json", bytes)),
  errors: [Failed],
  bound: document,
  runs: 300,
  mutations: jsonMutations,
});

const stageless = { root, artifacts: place.path, dag: [], dagModule: "", experiments: {} };
fuzz({
  name: "a site's file for Slurm",
  samples: [utf8('{"arguments":["--exclusive"],"partition":"p","poll":5,"resources":{}}')],
  read: (bytes) => readClusterFile(stageless, file("cluster.json", bytes)),
  errors: [Failed],
  bound: document,
  runs: 300,
  mutations: jsonMutations,
});

Deno.mkdirSync(join(place.path, "journals"));
fuzz({
  name: "a node's journal",
  samples: [
    utf8(
      '{"at":"2026-11-24T12:00:00.000Z","type":"began","id":"1_2","node":"n","restarts":0,"loading":0.1}\n' +
        `{"at":"2026-11-24T12:00:01.000Z","type":"done","key":"${"a".repeat(64)}"}\n`,
    ),
  ],
  // Lines that are none are passed over, as a node that lost its power leaves them.
  read: (bytes) => (file("journals/0.jsonl", bytes), readJournal(place.path, 0)),
  holds: ({ lines, next }) => lines.length <= 2 && next >= 0,
  errors: [],
  bound: document,
  runs: 500,
});

const expectedOfText = fileOf([
  {
    target: { kind: "curve", name: "a.epoch-*", from: 0, to: 2 },
    expected: { kind: "values", values: [3, 2, 1] },
    text: [{ pattern: "Epoch {epoch}, {*} loss {loss}", at: "epoch" }, { column: "loss" }],
  },
]).expected;
const printed = "Epoch 0, x loss 3\\nEpoch 1, x loss 2\\n";
const flat: [name: string, sample: string][] = [
  [
    "notebook.ipynb",
    `{"nbformat":4,"cells":[{"outputs":[{"output_type":"stream","text":["${printed}"]}]}]}`,
  ],
  ["printed.log", printed.replaceAll("\\n", "\n")],
  ["table.csv", "epoch,loss,x\n0,3,\n1,2,\n"],
  ["scalars.json", '{"run/loss":[[1,0,3],[2,1,2]]}'],
  ["metrics.json", '{"a":1,"b":NaN,"c":-Infinity,"d":"NaN"}'],
  ["metrics.csv", 'name,value\na,1\n"b_C",nan\nd,-inf\n'],
];
for (const [name, sample] of flat) {
  fuzz({
    name: `flat ${name}`,
    samples: [utf8(sample)],
    read: (bytes) => readSubmitted(file(name, bytes), expectedOfText),
    holds: ({ values }) =>
      [...values.values()].every((value) => typeof value === "number" || typeof value === "bigint"),
    errors: [Failed],
    bound: document,
    runs: 400,
    mutations: /json|ipynb/.test(name) ? jsonMutations : byteMutations,
  });
}

fuzz({
  name: "an experiment",
  samples: [
    utf8('{"about":"x","jobs":["a/b"],"name":"x","parameters":{"a/b":{"deep":{"list":[1]}}}}'),
  ],
  read: (bytes) =>
    loadExperiment(
      { experiments: {} },
      file("experiment.json", bytes),
    ),
  write: (value) => utf8(canonicalJson(value)),
  errors: [Failed],
  bound: document,
  runs: 400,
  mutations: jsonMutations,
});

const store = openStore(join(place.path, "store"));
const [{ key }] = manifest.jobs;
writeAction(store, {
  version: 1,
  key: key!,
  stage: "source",
  outputs: { numbers: { sha256: key!, size: 3 } },
  finished: "2026-01-02T03:04:05.000Z",
  seconds: 1,
});
const action = join(store.root, "actions", key!.slice(0, 2), `${key}.json`);
const kept = Deno.readFileSync(action);
/** The entry in a remote store, and in the form of older versions. */
const bare = utf8(contentOf(new TextDecoder().decode(kept)) + "\n");
fuzz({
  name: "an entry of the action cache: one that cannot be read counts as none",
  samples: [kept, bare],
  read(bytes) {
    Deno.chmodSync(action, 0o644);
    Deno.writeFileSync(action, bytes);
    return readAction(store, key!, () => {});
  },
  holds: (read) => read === undefined || read.key === key,
  errors: [],
  bound: document,
  runs: 300,
  mutations: jsonMutations,
});

/** A table with a checksum that fits its lines, so that those are read. */
const tableOf = (lines: string): Uint8Array =>
  utf8(`fanin stat table 2 ${checksumOf(lines)}\n${lines}`);

fuzz({
  name: "the table of files: one that cannot be read is made anew",
  samples: [
    utf8(`3\t1\t2\t4\t5\t${key}\t${join(place.path, "file")}\n`),
  ],
  read: (bytes) =>
    loadStatTable(file("stat.tsv", tableOf(new TextDecoder("latin1").decode(bytes)))),
  holds: ({ rows, problem }) => rows.size === 0 || problem === undefined,
  errors: [],
  bound: document,
  runs: 400,
});

fuzz<Action>({
  name: "an entry of a remote store: it is one of the key that was asked for, or refused",
  samples: [bare],
  read: (bytes) => parseAction(bytes, key!),
  holds: (read) =>
    read.key === key && Object.values(read.outputs).every(({ size }) => size <= 2 ** 30),
  write: entryOf,
  errors: [RemoteFailure],
  bound: document,
  runs: 700,
  mutations: jsonMutations,
});

const stored = { sha256: key!, size: 3 };
fuzz<RemoteRun>({
  name: "the entry of a run in a remote store",
  samples: [
    entryOf({
      version: 1,
      run: manifest.run,
      files: { "manifest.json": stored, "metrics.json": stored, "summary.txt": stored },
    }),
  ],
  read: (bytes) => parseRemoteRun(bytes, manifest.run),
  holds: ({ run }) => run === manifest.run,
  write: entryOf,
  errors: [RemoteFailure],
  bound: document,
  runs: 700,
  mutations: jsonMutations,
});

fuzz({
  name: "the URL of a remote store: its credentials are never repeated",
  samples: [utf8("https://example.org:8080/a/b/"), utf8("http://127.0.0.1")],
  read: (bytes) => parseAddress(decoded(bytes), { FANIN_REMOTE_TOKEN: "canary-3e" }),
  holds: ({ url }) => {
    const { protocol, username, password, pathname } = new URL(url);
    return /^https?:$/.test(protocol) && username + password === "" && pathname.endsWith("/");
  },
  errors: [Failed],
  bound: document,
  runs: 700,
});
