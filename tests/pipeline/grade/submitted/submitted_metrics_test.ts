/** Tests reading what was submitted in place of a run: metrics files, notebooks, logs, tables, scalars. */
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { join } from "node:path";
import { fromCsv, fromJson } from "../../../support/named_metrics.ts";
import { Failed } from "../../../../pipeline/engine/failed.ts";
import { gradeValues } from "../../../../pipeline/grade/submission.ts";
import { readSubmitted } from "../../../../pipeline/grade/submitted/submitted_metrics.ts";
import { fileOf, type ItemInput } from "../../../support/grade_subject.ts";
import { workspace } from "../../../support/workspace.ts";

const place = await workspace();
Deno.test.afterAll(async () => await place[Symbol.asyncDispose]());

/** Grades a file of some content by items. */
function graded(name: string, content: unknown, items: Partial<ItemInput>[], more = {}) {
  const path = join(place.path, name);
  const text = typeof content === "string" ? content : JSON.stringify(content);
  Deno.writeTextFileSync(path, text);
  const file = fileOf(items, more);
  return gradeValues(name, readSubmitted(path, file.expected), file);
}

const pattern = "Epoch {epoch}, loss {loss}, accuracy {accuracy}";

/** A curve of three losses that must be 3, 2 and 1. */
const curve = (text: ItemInput["text"], from = 0): Partial<ItemInput> => ({
  target: { kind: "curve", name: "loss.epoch-*", from, to: from + 2 },
  expected: { kind: "values", values: [3, 2, 1] },
  text,
});
const byEpoch = curve([
  { pattern, value: "loss", at: "epoch" },
  { column: "train-loss", at: "epoch" },
]);

const printed = (...losses: number[]) =>
  losses.map((loss, epoch) => `Epoch ${epoch}, loss ${loss}, accuracy 0.5\n`);

const stream = (...text: string[]) => ({ output_type: "stream", name: "stdout", text });
const notebook = (...cells: object[][]) => ({
  nbformat: 4,
  nbformat_minor: 5,
  metadata: {},
  cells: cells.map((outputs) => ({ cell_type: "code", source: [], metadata: {}, outputs })),
});

Deno.test("a curve is read from a notebook, a log, a table and scalars, and is claimed", () => {
  const step = [3, 2, 1].map((loss, i) => [1700000000 + i, i, loss]);
  const files: Record<string, unknown> = {
    "a.ipynb": notebook([stream(...printed(3, 2, 1))]),
    "pieces.ipynb": notebook([
      stream("Epoch 0, loss 3, accuracy 0.5\nEpoch 1, lo"),
      stream("ss 2, accuracy 0.5\n"),
      {
        output_type: "execute_result",
        data: { "text/plain": ["Epoch 2, loss 1, accuracy 1"], "image/png": "AAAA" },
      },
    ]),
    "old.ipynb": {
      nbformat: 3,
      worksheets: [{ cells: [{ outputs: [stream(printed(3, 2, 1).join(""))] }] }],
    },
    "a.log": `2026-11-24 INFO ${printed(3, 2, 1).join("2026-11-24 INFO ")}`,
    "a.txt": printed(3, 2, 1).join("").replaceAll("\n", "\r\n"),
    "a.csv": "epoch,Train loss,lr\n0,3,0.1\n1,2,0.1\n2,1,0.1\n",
    "two.csv": "epoch,train_loss\n0,3\n1,2\n2,1\n",
    "gaps.csv": "epoch,train_loss,val\n0,3,\n0,,9\n1,2,\n2,1,\n",
    "lines.csv": `note,value\n"x",1\n`,
    "run-a-tag-train_loss.json": step,
    "run-a-tag-Train_loss.csv": "Wall time,Step,Value\n1,0,3\n2,1,2\n3,2,1\n",
    "all.json": { "runs/a/train_loss": step, "runs/a/lr": step },
    "history.json": { "train_loss": [3, 2, 1], "lr": [1, 1, 1] },
  };
  for (const [name, content] of Object.entries(files)) {
    const { items: [item], trust, form } = graded(name, content, [byEpoch]);
    const isRead = name !== "lines.csv";
    assertEquals(
      [name, item.status],
      [name, isRead ? "passed" : "missing"],
      item.explanation ?? "",
    );
    assertEquals([form, trust.level], ["metrics-alone", isRead ? "claimed" : null]);
  }
});

Deno.test("text may be UTF-16 behind its byte order mark, as PowerShell and spreadsheets write it", () => {
  const csv = "epoch,Train loss,lr\r\n0,3,0.1\r\n1,2,0.1\r\n2,1,0.1\r\n";
  const json = JSON.stringify({ "train_loss": [3, 2, 1] });
  const texts = { "w.log": printed(3, 2, 1).join(""), "w.csv": csv, "w.json": json };
  for (const [name, text] of Object.entries(texts)) {
    for (const isLittle of [true, false]) {
      const bytes = new DataView(new ArrayBuffer(2 * text.length + 2));
      `\ufeff${text}`.split("").forEach((unit, i) =>
        bytes.setUint16(2 * i, unit.charCodeAt(0), isLittle)
      );
      const path = join(place.path, name);
      Deno.writeFileSync(path, new Uint8Array(bytes.buffer));
      const { values } = readSubmitted(path, fileOf([byEpoch]).expected);
      assertEquals([name, ...values.values()], [name, 3, 2, 1]);
    }
  }
});

Deno.test("code and prose of a notebook are not read", () => {
  const own = notebook([]);
  Object.assign(own.cells[0], { source: printed(3, 2, 1) });
  const prose = { cell_type: "markdown", source: printed(3, 2, 1), metadata: {} };
  const { items: [item] } = graded("b.ipynb", { ...own, cells: [...own.cells, prose] }, [byEpoch]);
  assertEquals(item.status, "missing");
});

Deno.test("of several trainings the last one counts, whole, and the grade says so", () => {
  const of = (...series: number[][]) =>
    graded("c.log", series.map((losses) => printed(...losses).join("")).join(""), [byEpoch]);
  const last = of([9, 9, 9], [3, 2, 1]);
  assertEquals(last.items[0].status, "passed");
  assertStringIncludes(last.notes.join(), `c.log has 2 series of lines like line "${pattern}"`);
  assertEquals(of([3, 2, 1], [9, 9, 9]).items[0].status, "failed");
  // Its missing epochs are not taken from the training before.
  assertStringIncludes(of([3, 2, 1], [3]).items[0].found, "2 of 3 outside");
  // A progress bar prints an epoch again and again.
  const bar = "Epoch 0, loss 9, accuracy 0\rEpoch 0, loss 3, accuracy 0\n" +
    printed(3, 2, 1).slice(1).join("");
  assertEquals(graded("d.log", bar, [byEpoch]).items[0].status, "passed");
});

Deno.test("lines can be counted, begin at another number, be chosen by number, and be scaled", () => {
  const log = ["", "loss 3 at 1", "loss 2 at 2", "loss 1 at 3", "accuracy 0.57"].join("\n");
  const metric: Partial<ItemInput> = {
    target: { kind: "metric", name: "correct" },
    expected: { kind: "exact", value: 57 },
    text: [{ pattern: "accuracy {share}", factor: 100 }],
  };
  const items = [
    curve([{ pattern: "loss {loss} at" }], 5),
    curve([{ pattern: "loss {loss} at {epoch}", value: "loss", at: "epoch", firstAt: 1 }], 5),
    curve([{ pattern: "nothing {x}" }, { pattern: "loss {loss} at {at}", value: "loss" }]),
    metric,
    {
      ...metric,
      expected: { kind: "exact" as const, value: 2 },
      target: { kind: "metric" as const, name: "second" },
      text: [{ pattern: "loss {loss} at {epoch}", where: { epoch: 2 } }],
    },
  ];
  assertEquals(graded("e.log", log, items).items.map(({ status }) => status), [
    "passed",
    "passed",
    "passed",
    "passed",
    "passed",
  ]);
});

Deno.test("what is not printed is missing, and the explanation has the line that was expected", () => {
  const log = "Epoch 0 loss 3 accuracy 0.5\n";
  const metric: Partial<ItemInput> = {
    target: { kind: "metric", name: "loss" },
    expected: { kind: "at-most", value: 1 },
    message: "print it",
    text: [{ pattern, value: "loss", where: { epoch: 2 } }],
  };
  const { items: [item], points } = graded("f.log", log, [metric]);
  assertEquals([item.status, points], ["missing", 0]);
  assertEquals(
    item.explanation,
    `expected at most 1, found nothing: f.log has no line "${pattern}" with epoch 2; ` +
      `it has "Epoch 0 loss 3 accuracy 0.5"; print it`,
  );
});

Deno.test("only items that say how they are read are judged by text; without any there is no grade", () => {
  const plain = { expected: { kind: "at-least" as const, value: 0 } };
  const { items, notes } = graded("g.log", printed(3, 2, 1).join(""), [byEpoch, plain]);
  assertEquals(items.length, 1);
  assertStringIncludes(notes.join(), "1 item not judged: the expected values do not say how");
  const error = assertThrows(() => graded("g.log", "", [plain])) as Error;
  assertStringIncludes(error.message, 'needs one with "text"');
});

const atLeast = (name: string): Partial<ItemInput> => ({
  id: `item.${name}`,
  target: { kind: "metric", name },
  expected: { kind: "at-least", value: 0 },
});

Deno.test("flat metrics are read from JSON and CSV, with the NaN that Python writes", () => {
  const read = ({ values }: ReturnType<typeof fromJson>) => [...values];
  assertEquals(read(fromJson(`{"a": 1, "b": NaN, "c": -Infinity, "d-NaN": 2, "e": "NaN"}`)), [
    ["a", 1],
    ["b", NaN],
    ["c", -Infinity],
    ["d-NaN", 2],
    ["e", NaN],
  ]);
  assertEquals(read(fromCsv(`metric,value\r\n"val_loss/é",0.5\nC,nan\n\n`)), [
    ["val_loss/é", 0.5],
    ["C", NaN],
  ]);
  assertEquals(read(fromCsv("a,b\n1,-2e3")), [["a", 1], ["b", -2000]]);
  assertEquals(read(fromCsv("a,1\nb,2")), [["a", 1], ["b", 2]]);
  for (const text of ["[1]", "{", "1"]) {
    assertThrows(() => graded("unfit.json", text, [atLeast("a")]), Failed);
  }
  for (const text of ["", "a,1,2\nb,1,2"]) assertThrows(() => fromCsv(text));
});

Deno.test("one row of values beneath names has metrics by name, and is a table of one row", () => {
  const statuses = (name: string, text: string, ...more: Partial<ItemInput>[]) =>
    graded(name, text, [...["a", "b"].map(atLeast), ...more]).items.map(({ status }) => status);
  assertEquals(statuses("wide2.csv", "a,b\n1,2\n"), ["passed", "passed"]);
  assertEquals(statuses("wide3.csv", "a,b,c\n1,2,3\n"), ["passed", "passed"]);
  assertEquals(statuses("lacks2.csv", "a,b\n1,None\n"), ["passed", "missing"]);
  assertEquals(statuses("lacks3.csv", "a,b,c\n,2,3\n"), ["missing", "passed"]);
  assertEquals(statuses("heading.csv", "name,value\na,2\n"), ["passed", "missing"]);
  const last: Partial<ItemInput> = {
    target: { kind: "metric", name: "last" },
    expected: { kind: "exact", value: 3 },
    text: [{ column: "train-loss", where: { epoch: 0 } }],
  };
  assertEquals(statuses("row2.csv", "epoch,train_loss\n0,3\n", last), ["passed"]);
  assertEquals(statuses("row3.csv", "epoch,train_loss,lr\n0,3,1\n", last), ["passed"]);
});

Deno.test("a name that occurs twice is an error, in JSON as in CSV", () => {
  const twice = 'expected each name once, found "a" again';
  for (
    const text of [`{"a":1,"a":1}`, `{"b":[{"a":1}],"a":1,"\\u0061":2}`, `{"a": NaN, "a": 1}`]
  ) {
    assertStringIncludes((assertThrows(() => fromJson(text)) as Error).message, twice);
  }
  assertStringIncludes(
    (assertThrows(() => fromJson(`{"b":{"a":1,"a":2}}`)) as Error).message,
    'found "b/a" again',
  );
  assertStringIncludes((assertThrows(() => fromCsv("a,1\na,x")) as Error).message, twice);
  assertEquals(fromJson(`{"\\\\":1,"a":2,"\\"a":3}`).unusable.size, 2, "escapes end no string");
  const long = "\\n".repeat(5_000_000);
  assertEquals(fromJson(`{"a":1,"b":"${long}"}`).values.size, 1);
  assertEquals(fromJson(`{"a":1,"b":{"a":1,"c":[{"a":1},{"a":2}]}}`).values.size, 1);
});

Deno.test("a metric named __proto__ is unusable, because no run has one", () => {
  for (const { values, unusable } of [fromJson(`{"__proto__":1}`), fromCsv("__proto__,1\nb,2")]) {
    assertEquals([values.has("__proto__"), unusable.has("__proto__")], [false, true]);
  }
});

Deno.test("a value that is no number costs its item alone, and is named with its path", () => {
  const file = { ok: 1, none: null, word: "high", deep: { loss: 1, "a/b": [2] }, list: [1, null] };
  const names = ["ok", "none", "word", "deep.loss", "deep.a/b.0", "list"];
  const { items, points } = graded("h.json", file, names.map(atLeast));
  assertEquals([points, ...items.map(({ status }) => status)], [
    1,
    "passed",
    ...Array(5).fill("missing"),
  ]);
  const reasons = [
    "expected a number at /none, found null",
    "expected a number at /word, found a string",
    'expected "deep.loss": number at the top, found a number within it at /deep/loss',
    "found a number within it at /deep/a~1b/0",
    "expected a number at /list, found an array",
  ];
  reasons.forEach((reason, i) => assertStringIncludes(items[i + 1].explanation!, reason));
  const csv = graded("h.csv", "ok,1\nnone,\n", ["ok", "none"].map(atLeast));
  assertEquals(csv.points, 1);
  assertStringIncludes(csv.items[1].explanation!, 'expected a number, found ""');
});

Deno.test("metrics that no item uses are named with what was probably meant, hidden items aside", () => {
  const items = [atLeast("test-loss.epoch-3"), {
    ...atLeast("covert-loss"),
    visibility: "hidden" as const,
  }];
  const notes = (metrics: Record<string, number>) =>
    graded("i.json", metrics, items, { leaderboard: [{ name: "r", metric: "ranked" }] }).notes
      .filter((note) => note.startsWith("No item"));
  assertEquals(notes({ "test-los.epoch-3": 1 }), [
    'No item uses 1 metric of the file: "test-los.epoch-3" (did you mean "test-loss.epoch-3"?).',
  ]);
  assertEquals(notes({ "test-loss.epoch-3": 1, ranked: 1, "covert-loss": 1 }), []);
  assert(!notes({ "covert-los": 1 }).join().includes("covert-loss"));
  assertStringIncludes(notes({ "Test Accuracy": 1, ranked: 1 }).join(), 'Name it "Test-Accuracy"');
  const many = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`odd-${i}`, 1]));
  assertStringIncludes(notes(many).join(), "No item uses 9 metrics");
  assertStringIncludes(notes(many).join(), "and 4 more.");
});

Deno.test("files of no known form are refused with the forms", () => {
  const refused = (name: string, content: unknown, reason: string) => {
    const error = assertThrows(() => graded(name, content, [byEpoch])) as Error;
    assertStringIncludes(error.message, reason);
  };
  refused("j.json", "[1,2]x", "expected JSON");
  refused("j.json", [], "expected an object or a series of scalars");
  refused("j.json", { tasks: { setup: "deno" } }, "expected a number at /tasks, found an object");
  refused("j.json", {}, "expected metrics, found none");
  const commas = "expected commas between fields and points in decimals, found ";
  refused("j.csv", "name;value\nloss;0,5\n", `${commas}semicolons`);
  refused("j.csv", "\ufeff\r\nname\tvalue\r\nloss\t0.5\r\n", `${commas}tabs`);
  refused("j.ipynb", { nbformat: 4, cells: 3 }, "cells");
  refused("j.ipynb", "{", "a notebook (.ipynb), a log");
  refused("j.json", " ".repeat((4 << 20) + 1), "at most 4194304 are read");
  const path = join(place.path, "utf16.csv");
  Deno.writeFileSync(path, Uint8Array.of(0x61, 0, 0x2c, 0, 0xff, 0));
  const error = assertThrows(() => readSubmitted(path, fileOf([byEpoch]).expected), Failed);
  assertStringIncludes(error.message, "Expected text in UTF-8, or in UTF-16 behind a byte");
});
