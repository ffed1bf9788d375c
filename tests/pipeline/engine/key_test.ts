import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { FormatError } from "../../../pipeline/formats/artifact_type.ts";
import { canonicalJson } from "../../../pipeline/formats/json.ts";
import {
  changesBetween,
  keyLines,
  keyOf,
  labelOf,
  lineText,
  lineTexts,
  parseLabel,
  parseLine,
  parseLines,
  parseRecord,
  recordOf,
  recordText,
} from "../../../pipeline/engine/key.ts";
import type { MachineFacts } from "../../../pipeline/engine/machine/machine.ts";
import type { AnyStage } from "../../../pipeline/engine/stage.ts";
import { double } from "../../fixtures/counting/double.ts";

const code = {
  sha256: "c".repeat(64),
  packages: [{ name: "zod", version: "4.0.0", integrity: "sha256:1" }],
};
const machine: MachineFacts = {
  arch: "x86_64",
  os: "linux",
  deno: "2.9.6",
  v8: "15",
  backend: null,
  fma: null,
  adapter: null,
  driver: null,
};
const stage: AnyStage = { ...double, machine: ["v8", "arch"] };

const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/);
const hash = fc.stringMatching(/^[0-9a-f]{64}$/);
const parameters = fc.dictionary(name, fc.jsonValue(), { maxKeys: 4 });
const inputs = fc.dictionary(name, hash, { maxKeys: 3 });

Deno.test("a job's lines are one labelled fact each, in an order that does not depend on declaration", () => {
  assertEquals(
    lineTexts(
      keyLines(
        stage,
        { b: [1, "two"], a: { z: 1, y: null } },
        { in: "d".repeat(64) },
        code,
        machine,
      ),
    ),
    [
      "stage double",
      `code double sha256:${"c".repeat(64)}`,
      "package zod 4.0.0 sha256:1",
      'param a {"y":null,"z":1}',
      'param b [1,"two"]',
      `input in sha256:${"d".repeat(64)}`,
      'env arch "x86_64"',
      'env v8 "15"',
    ],
  );
});

Deno.test("a record restores the stage, parameters and inputs that it was made from", () => {
  fc.assert(fc.property(parameters, inputs, (parameters, inputs) => {
    const record = parseRecord(recordText(keyLines(stage, parameters, inputs, code, machine)));
    assertEquals(record.stage, "double");
    assertEquals(canonicalJson(record.parameters), canonicalJson(parameters));
    assertEquals({ ...record.inputs }, { ...inputs });
  }));
});

Deno.test("every fact enters the key", () => {
  const lines = (changed: {
    parameters?: Record<string, unknown>;
    inputs?: Record<string, string>;
    code?: typeof code;
    machine?: MachineFacts;
  } = {}) =>
    keyLines(
      stage,
      changed.parameters ?? { a: 1 },
      changed.inputs ?? { in: "d".repeat(64) },
      changed.code ?? code,
      changed.machine ?? machine,
    );
  const base = keyOf(lines());
  assertEquals(keyOf(lines()), base);
  for (
    const other of [
      lines({ parameters: { a: 2 } }),
      lines({ parameters: { b: 1 } }),
      lines({ inputs: { in: "e".repeat(64) } }),
      lines({ code: { ...code, sha256: "e".repeat(64) } }),
      lines({ code: { ...code, packages: [{ ...code.packages[0], integrity: "sha256:2" }] } }),
      lines({ machine: { ...machine, v8: "16" } }),
    ]
  ) {
    assertNotEquals(keyOf(other), base);
    assertEquals(changesBetween(lines(), other).length > 0, true);
  }
  assertEquals(keyOf(lines({ machine: { ...machine, adapter: "other" } })), base, "not declared");
});

Deno.test("the changes between two records are exactly the labels whose values differ", () => {
  fc.assert(fc.property(parameters, parameters, (before, after) => {
    const changes = changesBetween(
      keyLines(stage, before, {}, code, machine),
      keyLines(stage, after, {}, code, machine),
    );
    const names = new Set([...Object.keys(before), ...Object.keys(after)]);
    const differing = [...names].filter((name) =>
      !(name in before) || !(name in after) ||
      canonicalJson(before[name]) !== canonicalJson(after[name])
    );
    assertEquals(
      changes.map(labelOf).sort(),
      differing.map((n) => `param ${n}`).sort(),
    );
    assert(changes.every(({ from, to }) => from !== to));
  }));
});

Deno.test("a line is parsed into kind, name and value", () => {
  const parsed = (text: string) => Object.values(parseLine(text));
  assertEquals(parsed('param epochs {"a": 1 }'), ["param", "epochs", '{"a": 1 }']);
  assertEquals(parsed("package zod 4.0.0 sha256:1"), ["package", "zod", "4.0.0 sha256:1"]);
  assertEquals(parsed("stage train"), ["stage", "", "train"]);
  assertEquals(parsed("checkpoint 17"), ["checkpoint", "", "17"]);
  assertEquals(parsed("param"), ["param", "", ""]);
});

Deno.test("printing restores the bytes of any line that was parsed", () => {
  const word = fc.constantFrom("stage", "source", "checkpoint", "param", "x", "", " ", "\t", "1 2");
  const words = fc.array(word, { maxLength: 5 }).map((list) => list.join(" "));
  fc.assert(fc.property(fc.oneof(words, fc.string()), (text) => {
    assertEquals(lineText(parseLine(text)), text);
  }));
});

Deno.test("parsing restores every line that a key has", () => {
  fc.assert(fc.property(parameters, inputs, (parameters, inputs) => {
    const lines = keyLines(stage, parameters, inputs, code, machine);
    assertEquals(parseLines(lineTexts(lines)), lines);
    for (const line of lines) {
      assertEquals(parseLabel(labelOf(line)), { kind: line.kind, name: line.name });
    }
  }));
});

Deno.test("a record with a line that states no fact is refused", () => {
  for (const line of ["", "param", "param x", "stage "]) {
    assertThrows(() => recordOf(parseLines(["stage s", line])), FormatError, `found "${line}"`);
  }
});
