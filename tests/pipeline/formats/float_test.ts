/** Tests NaN and the infinities, which JSON lacks, from a stage to every reader. */
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { join } from "node:path";
import fc from "fast-check";
import { compile } from "vega-lite";
import { z } from "zod";
import { positionOf } from "../../../pipeline/claims/verdict.ts";
import { chart, chartSchema } from "../../../pipeline/formats/chart.ts";
import { json } from "../../../pipeline/formats/json.ts";
import { ledger, metrics } from "../../../pipeline/formats/metrics.ts";
import { section } from "../../../pipeline/formats/section.ts";
import { FormatError } from "../../../pipeline/formats/artifact_type.ts";
import { estimated, ledgerOf } from "../../../pipeline/mod.ts";
import { openJournal, readJournal } from "../../../pipeline/slurm/submission_files.ts";
import { Float } from "../../../schemas/run/float.ts";
import { Metrics } from "../../../schemas/run/metric_values.ts";
import { workspace } from "../../support/workspace.ts";

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

Deno.test("metrics are read back as they were given, whatever their values and names", () => {
  const name = fc.stringMatching(
    /^[A-Za-zàéß_0-9][A-Za-z_0-9-]{0,8}([./][A-Za-z_0-9-]{1,8}){0,2}$/u,
  );
  fc.assert(fc.property(fc.dictionary(name, fc.double()), (given) => {
    fc.pre(!Object.hasOwn(given, "__proto__"));
    const bytes = metrics.encode(given);
    const read = metrics.decode(bytes);
    for (const [name, value] of Object.entries(given)) assertEquals(read[name], value + 0);
    assertEquals(metrics.encode(read), bytes);
  }));
});

Deno.test("NaN and infinities are strings in JSON, and the bytes of finite metrics are unchanged", () => {
  const given = { loss: NaN, "val/loss": -Infinity, top: Infinity, Accuracy: 0.5 };
  const text = '{"Accuracy":0.5,"loss":"NaN","top":"Infinity","val/loss":"-Infinity"}\n';
  assertEquals(textOf(metrics.encode(given)), text);
  assertEquals(Metrics.parse(JSON.parse(text)), given);
  assertEquals(Metrics.parse(given), given, "what was read can be checked again");
  for (const bad of ["nan", "inf", "", null, true]) {
    assertThrows(() => Metrics.parse({ loss: bad }), Error, "expected a number, or");
  }
});

Deno.test("an invalid name is refused with the rule and a valid suggestion", () => {
  const refused: [name: string, near: string][] = [
    ["Test Accuracy", '. Name it "Test-Accuracy"'],
    ["acc@5 (%)", '. Name it "acc-5"'],
    ["-loss", '. Name it "loss"'],
    ["a..b", '. Name it "a.b"'],
    ["loss\u001b[31m", '. Name it "loss-31m"'],
    [" ", 'found " "'],
    ["", 'found ""'],
  ];
  for (const [name, near] of refused) {
    const error = assertThrows(() => metrics.encode({ [name]: 1 }), FormatError);
    assertStringIncludes(
      error.message,
      'expected letters, digits, "_" and "-", in words joined by',
    );
    assertStringIncludes(error.message, near);
  }
});

Deno.test("JSON artifacts hold NaN and infinities only where the schema allows them", () => {
  const course = json("course", z.array(z.strictObject({ loss: Float, note: z.unknown() })));
  const given = [{ loss: NaN, note: "NaN" }];
  assertEquals(course.decode(course.encode(given)), given);
  assertThrows(
    () => course.encode([{ loss: 1, note: NaN }]),
    FormatError,
    "at [0].note, found NaN; give null, or declare the place with fanin's schema Float",
  );
  const once = json("once", z.array(Float).transform((losses) => losses.slice(0, 1)));
  assertThrows(() => once.encode([NaN]), FormatError, "found NaN");
});

Deno.test("tables hold NaN and infinities; the same words in a section's text stay text", () => {
  const told = section.decode(section.encode({
    id: "one",
    title: "One",
    blocks: [{
      kind: "table",
      caption: "Losses",
      columns: [{ label: "loss", numeric: true }],
      rows: [[NaN], [-Infinity], ["1.5"]],
    }],
  }));
  assert(told.blocks[0].kind === "table");
  assertEquals(told.blocks[0].rows.map(String), ["NaN", "-Infinity", "1.5"]);
});

Deno.test("an interval without finite ends decides no claim, whatever its equivalence margin", () => {
  const margins = [{ low: 0, high: null }, { low: null, high: 0 }, { low: null, high: null }];
  for (const value of [NaN, Infinity, -Infinity]) {
    const measured = { estimate: value, standardError: value, reach: 2, sampleSize: 10 };
    for (const band of margins) {
      assertEquals(positionOf(estimated("a test", measured, band)), "straddles");
    }
    const judged = ledgerOf(
      [{
        id: "Q1.test",
        statement: "it is positive",
        source: "a test",
        implied: false,
        analytic: "",
        rule: "",
        parts: () => [{
          assertion: "positive",
          quantity: "it",
          bandReason: "",
          test: "",
          confidence: 0.95,
          conditions: [estimated("alone", { ...measured, standardError: 1 }, margins[0])],
        }],
        sentence: () => "",
      }],
      [],
      {},
    );
    assertEquals(judged.claims[0].verdict, "undecided");
    assertStringIncludes(judged.claims[0].decidedBy!, "A finite interval would decide “positive”");
    assertEquals(ledger.decode(ledger.encode(judged)), judged);
  }
});

Deno.test("a cluster node passes on NaN and infinite metrics", async () => {
  await using place = await workspace();
  Deno.mkdirSync(join(place.path, "journals"));
  const write = openJournal(place.path, 0);
  const values = [1, NaN, Infinity, -Infinity];
  for (const value of values) write({ type: "measured", metric: "loss", step: 1, value });
  const lines = readJournal(place.path, 0).lines;
  assertEquals(lines.map((line) => line.type === "measured" && line.value), values);
});

Deno.test("non-finite values are gaps in a chart's data, and are refused elsewhere in it", () => {
  const x = { field: "epoch", type: "quantitative" };
  const y = { field: "loss", type: "quantitative" };
  const spec = (losses: number[]) => ({
    $schema: chartSchema as typeof chartSchema,
    data: { values: losses.map((loss, epoch) => ({ epoch, loss })) },
    layer: [{ mark: "line" }, { mark: "point", data: { values: [{ epoch: 0, loss: losses[0] }] } }],
    encoding: { x, y },
  });
  const read = JSON.parse(textOf(chart.encode(spec([NaN, 1, Infinity])))) as Record<
    string,
    unknown
  >;
  assertEquals(read.data, {
    values: [{ epoch: 0, loss: null }, { epoch: 1, loss: 1 }, { epoch: 2, loss: null }],
  });
  compile(read as never);
  const domain = { $schema: chartSchema, encoding: { y: { ...y, scale: { domain: [0, NaN] } } } };
  assertThrows(
    () => chart.encode(domain as never),
    FormatError,
    "at encoding.y.scale.domain[1], found NaN",
  );
});
