import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import fc from "fast-check";
import { z } from "zod";
import { type Dag, defineDag } from "../../../pipeline/engine/dag.ts";
import { text } from "../../../pipeline/formats/bytes.ts";
import { json } from "../../../pipeline/formats/json.ts";
import { inOrder, needsOf } from "../../../pipeline/engine/order.ts";
import { select } from "../../../pipeline/engine/project/selection.ts";
import { Failed, failureLines } from "../../../pipeline/engine/failed.ts";
import { type AnyStage, defineStage } from "../../../pipeline/engine/stage.ts";
import { Experiment } from "../../../schemas/run/experiment.ts";
import { double } from "../../fixtures/counting/double.ts";
import { isEven } from "../../fixtures/counting/is_even.ts";
import { source } from "../../fixtures/counting/count_source.ts";
import { numbers } from "../../fixtures/counting/counting_types.ts";
import { dag } from "../../fixtures/counting/mod.ts";

const everything = Experiment.parse({ name: "all", about: "" });

/** A DAG as data: what the typed builder cannot express must still be caught. */
const chain = (links: Record<string, string>): Dag =>
  Object.entries(links).map(([name, from]) => ({
    name,
    stage: double,
    parameters: {},
    optional: false,
    inputs: { numbers: { job: from, output: "numbers" } },
  }));

const failureOf = (test: () => unknown) => assertThrows(test, Failed).failure;

Deno.test("wrong wiring does not compile", () => {
  defineDag((job) => {
    const { numbers } = job("source", source, { inputs: {} });
    const { parity } = job("even", isEven, { inputs: { numbers } });
    // @ts-expect-error: an artifact of another kind
    job("a", double, { inputs: { numbers: parity } });
    // @ts-expect-error: an input is missing
    job("b", double, { inputs: {} });
    // @ts-expect-error: a parameter of another type
    job("c", source, { inputs: {}, parameters: { values: "one" } });
  });
});

Deno.test("a declaration that types would refuse is refused with its place, and what belongs there", () => {
  const saidOf = (...declared: unknown[]) =>
    assertThrows(
      () => defineDag((job) => (job as unknown as (...all: unknown[]) => void)("a", ...declared)),
      Failed,
    ).message;
  const noInputs = { inputs: {} };
  const withStage = (part: Record<string, unknown>) => saidOf({ ...double, ...part }, noInputs);
  const schema = "z.strictObject({ … })";
  const cases: [message: string, part: string, found: string][] = [
    [saidOf("double", noInputs), "the stage should be what defineStage", "a string"],
    [saidOf(undefined, noInputs), "the stage should be what defineStage", "undefined"],
    [saidOf(source), "the wiring should be { inputs: { … } }", "undefined"],
    [saidOf(source, { numbers }), "the wiring should be { inputs: { … } }", "undefined"],
    [
      saidOf(double, { inputs: { numbers: "a" } }),
      "the wiring of numbers should be an output",
      "a string",
    ],
    [withStage({ name: undefined }), "the stage's name should be a text", "undefined"],
    [withStage({ module: undefined }), "the module of the stage double should be", "undefined"],
    [
      withStage({ parameters: { factor: z.int() } }),
      `the parameters of the stage double should be ${schema}`,
      "an object of the class Object",
    ],
    [withStage({ inputs: { table: json } }), "the input table of the stage double", "a function"],
    [withStage({ outputs: undefined }), "the outputs of the stage double", "undefined"],
    [withStage({ outputs: { sum: z.int() } }), "the output sum of the stage double", "an object"],
    [
      withStage({ run: undefined }),
      "the run of the stage double should be a function",
      "undefined",
    ],
  ];
  for (const [message, part, found] of cases) {
    assertStringIncludes(message, `The job a is not declared as expected: ${part}`);
    assertStringIncludes(message, `, found ${found}`);
  }
});

Deno.test("an extension without its dot is refused before a job runs", () => {
  const declare = (extension: string) => {
    const table = text("table", { mediaType: "text/csv", extension });
    const stage = { ...double, outputs: { table } };
    return () => defineDag((job) => void job("a", stage as AnyStage, { inputs: {} }));
  };
  for (const extension of ["csv", ".", "./csv", "../.."]) {
    assertStringIncludes(
      assertThrows(declare(extension), Failed).message,
      `The output table of the stage double has the extension "${extension}"; expected one with its dot`,
    );
  }
  for (const extension of ["", ".csv", ".tar.gz"]) declare(extension)();
});

Deno.test("a stage that leaves out parameters and inputs takes none", () => {
  const bare = defineStage({
    name: "bare",
    module: import.meta.url,
    about: "gives one number",
    outputs: { numbers },
    run: () => ({ numbers: [1] }),
  });
  assertEquals(bare.inputs, {});
  const { parameters }: AnyStage = bare;
  assertEquals(parameters.safeParse({ values: [1] }).success, false);
  defineDag((job) => {
    job("a", bare, { inputs: {} });
    // @ts-expect-error: it takes no parameter
    job("b", bare, { inputs: {}, parameters: { values: [1] } });
  });
});

Deno.test("an artifact of another kind is refused at run time too", () => {
  const wrong = defineDag((job) => {
    const { numbers } = job("source", source, { inputs: {} });
    const { parity } = job("even", isEven, { inputs: { numbers } });
    job("a", double, { inputs: { numbers: parity as unknown as typeof numbers } });
  });
  const failure = failureOf(() => inOrder(wrong));
  assertEquals(failure, {
    reason: "wrong-wiring",
    job: "a",
    input: "numbers",
    expected: "numbers",
    found: "parity",
  });
});

Deno.test("an input or output is not found by a name that every object has", () => {
  const [job] = chain({ a: "a" });
  const stage: AnyStage = { ...double, inputs: { ...double.inputs, toString: numbers } };
  assertEquals(failureOf(() => inOrder([{ ...job, stage }])), {
    reason: "missing-input",
    job: "a",
    input: "toString",
  });
  const inputs = { numbers: { job: "a", output: "toString" } };
  assertEquals(failureOf(() => inOrder([{ ...job, inputs }])).reason, "unknown-name");
});

Deno.test("a cycle is named in its order before anything runs", () => {
  const failure = failureOf(() => inOrder(chain({ a: "c", b: "a", c: "b" })));
  assertEquals(failure, { reason: "cycle", jobs: ["a", "c", "b", "a"] });
});

Deno.test("a job that needs itself is a cycle", () => {
  assertEquals(failureOf(() => inOrder(chain({ a: "a" }))), { reason: "cycle", jobs: ["a", "a"] });
});

Deno.test("two jobs of one name are refused", () => {
  const twice = defineDag((job) => {
    job("source", source, { inputs: {} });
    job("source", source, { inputs: {} });
  });
  assertEquals(failureOf(() => inOrder(twice)), { reason: "duplicate-job", name: "source" });
});

Deno.test("a name of an input or parameter that is no word of a key is refused", () => {
  const refused = (change: Partial<AnyStage>) =>
    failureOf(() =>
      inOrder(chain({ a: "a" }).map((job) => ({ ...job, stage: { ...double, ...change } })))
    );
  assertEquals(refused({ inputs: { "my in": numbers } }), {
    reason: "unfit-word",
    stage: "double",
    what: "input",
    name: "my in",
  });
  assertEquals(refused({ parameters: z.strictObject({ "line\nbreak": z.number() }) }), {
    reason: "unfit-word",
    stage: "double",
    what: "parameter",
    name: "line\nbreak",
  });
});

Deno.test("an unknown job suggests the nearest", () => {
  const error = assertThrows(() => select(dag, everything, { only: ["doubel/first"] }), Failed);
  assertStringIncludes(error.message, `Did you mean "double/first"?`);
});

Deno.test("jobs come after what they need, however they were declared", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), fc.infiniteStream(fc.nat()), (size, picks) => {
      const root = defineDag((job) => void job("job-0", source, { inputs: {} }));
      const links: Record<string, string> = {};
      for (let i = 1; i < size; i++) links[`job-${i}`] = `job-${picks.next().value! % i}`;
      const declared = [...chain(links), ...root];
      declared.sort(() => picks.next().value! % 2 - 0.5);
      const order = inOrder(declared);
      assertEquals(order.length, size);
      const place = new Map(order.map((job, i) => [job.name, i]));
      for (const job of order) {
        for (const need of needsOf(job)) {
          assertEquals(place.get(need)! < place.get(job.name)!, true, `${need} before ${job.name}`);
        }
      }
    }),
  );
});

Deno.test("a chain of 20,000 jobs is put in order", () => {
  const links: Record<string, string> = {};
  for (let i = 20_000; i > 0; i--) links[`job-${i}`] = `job-${i - 1}`;
  const root = defineDag((job) => void job("job-0", source, { inputs: {} }));
  assertEquals(inOrder([...chain(links), ...root]).at(-1)?.name, "job-20000");
});

Deno.test("--set wins over the experiment, the experiment over the DAG, the DAG over the default", () => {
  const chosen = (experiment: unknown, value?: string) => {
    const overrides = value === undefined ? [] : [{ path: "numbers.first.values", value }];
    const { jobs } = select(dag, Experiment.parse(experiment), { overrides });
    return jobs.find((job) => job.name === "numbers/first")!.parameters.values;
  };
  const parameters = { "numbers/first": { values: [7] } };
  assertEquals(chosen({ name: "e", about: "" }), [1, 2, 3]);
  assertEquals(chosen({ name: "e", about: "", parameters }), [7]);
  assertEquals(chosen({ name: "e", about: "", parameters }, "[8, 9]"), [8, 9]);
});

Deno.test("--set with a part's name changes what the DAG leaves open in its jobs, and the last one counts", () => {
  const numbers = defineDag((job) => {
    job("numbers/open", source, { inputs: {} });
    job("numbers/of/more", source, { inputs: {} });
    job("numbers/fixed", source, { inputs: {}, parameters: { values: [5] } });
    job("others/open", source, { inputs: {} });
  });
  const chosen = (...sets: [path: string, value: string][]) =>
    select(numbers, everything, { overrides: sets.map(([path, value]) => ({ path, value })) })
      .jobs.map(({ parameters }) => parameters.values);
  const unchanged = [1, 2, 3];
  assertEquals(chosen(["numbers.values", "[8]"]), [[8], [8], [5], unchanged]);
  assertEquals(chosen(["numbers.of.values", "[8]"]), [unchanged, [8], [5], unchanged]);
  assertEquals(chosen(["numbers.fixed.values", "[8]"]), [unchanged, unchanged, [8], unchanged]);
  assertEquals(
    chosen(["numbers.values", "[8]"], ["numbers.open.values", "[9]"]),
    [[9], [8], [5], unchanged],
  );
  assertEquals(
    chosen(["numbers.open.values", "[9]"], ["numbers.values", "[8]"]),
    [[8], [8], [5], unchanged],
  );
});

Deno.test("--set takes / and . and * between the parts of a name", () => {
  const numbers = defineDag((job) => {
    for (const name of ["numbers/one", "numbers/two", "numbers/big-one"]) {
      job(name, source, { inputs: {} });
    }
    job("numbers/fixed", source, { inputs: {}, parameters: { values: [5] } });
  });
  const changed = (path: string) =>
    select(numbers, everything, { overrides: [{ path, value: "[8]" }] }).jobs
      .filter(({ parameters }) => (parameters.values as number[])[0] === 8).map(({ name }) => name);
  const open = ["numbers/big-one", "numbers/one", "numbers/two"];
  for (const path of ["numbers.values", "numbers/*.values", "numbers.*.values", "*.values"]) {
    assertEquals(changed(path).toSorted(), open, path);
  }
  assertEquals(changed("numbers/one.values"), ["numbers/one"]);
  assertEquals(changed("numbers/*one.values").toSorted(), ["numbers/big-one", "numbers/one"]);
  assertThrows(() => changed("numbers/*-none.values"), Failed, "No parameter is named");
});

Deno.test("a job named as a part is wins over the part", () => {
  const numbers = defineDag((job) => {
    job("numbers", source, { inputs: {} });
    job("numbers/open", source, { inputs: {} });
  });
  const { jobs } = select(numbers, everything, {
    overrides: [{ path: "numbers.values", value: "[8]" }],
  });
  assertEquals(jobs.map(({ parameters }) => parameters.values), [[8], [1, 2, 3]]);
});

Deno.test("--set of a part is refused if the DAG fixes the parameter in all its jobs", () => {
  const numbers = defineDag((job) => {
    job("numbers/fixed", source, { inputs: {}, parameters: { values: [5] } });
  });
  const overrides = [{ path: "numbers.values", value: "[8]" }];
  const { message } = assertThrows(() => select(numbers, everything, { overrides }), Failed);
  assertStringIncludes(message, `Did you mean "numbers.fixed.values"?`);
});

Deno.test("a parameter that does not fit its schema, or is unknown, is refused with its name", () => {
  const set = (path: string, value: string) => () =>
    select(dag, everything, { overrides: [{ path, value }] });
  const wrong = assertThrows(set("numbers.first.values", "one"), Failed);
  assertStringIncludes(wrong.message, "numbers/first");
  assertStringIncludes(wrong.message, "values");
  const unknown = assertThrows(set("numbers.first.valeus", "[1]"), Failed);
  assertStringIncludes(unknown.message, `Did you mean "numbers.first.values"?`);
  const experiment = Experiment.parse({
    name: "e",
    about: "",
    parameters: { "numbers/first": { sizes: 1 } },
  });
  assertStringIncludes(assertThrows(() => select(dag, experiment), Failed).message, "sizes");
});

const optimizer = z.strictObject({
  rate: z.number().default(0.1),
  schedule: z.strictObject({ decay: z.number(), steps: z.array(z.int()) })
    .default({ decay: 0, steps: [10, 20] }),
});

const training = defineStage({
  name: "training",
  module: import.meta.url,
  about: "has parameters with members",
  outputs: { numbers },
  run: () => ({ numbers: [] }),
  parameters: z.strictObject({
    optimizer: optimizer.prefault({}),
    loose: z.object({ size: z.int().default(1) }).prefault({}),
    start: z.strictObject({ from: z.string() }).nullable().default(null),
    widths: z.array(z.int()).default([4, 8]),
    label: z.string().default("plain"),
    size: z.union([z.string(), z.number()]).default("plain"),
  }),
});

/** The parameters of `train/a`, then of `train/b`, whose optimizer the DAG sets. */
function trainedWith(sets: readonly string[], experiment = everything) {
  const dag = defineDag((job) => {
    job("train/a", training, { inputs: {} });
    job("train/b", training, { inputs: {}, parameters: { optimizer: { rate: 0.5 } } });
  });
  const overrides = sets.map((one) => {
    const [path, value] = one.split("=");
    return { path, value };
  });
  return select(dag, experiment, { overrides }).jobs.map(({ parameters }) => parameters);
}

const schedule = { decay: 0, steps: [10, 20] };

for (
  const [sets, changed, ofB = {}] of [
    [["train.a.optimizer.rate=0.2"], { optimizer: { rate: 0.2, schedule } }],
    [["train/a/optimizer/rate=0.2"], { optimizer: { rate: 0.2, schedule } }],
    [["train.optimizer.rate=0.2"], { optimizer: { rate: 0.2, schedule } }],
    [["train/*.optimizer.rate=0.2"], { optimizer: { rate: 0.2, schedule } }],
    [["train.b.optimizer.rate=0.2"], {}, { optimizer: { rate: 0.2, schedule } }],
    [
      ["train.a.optimizer.schedule.steps[1]=30", "train.a.optimizer.schedule.decay=0.5"],
      { optimizer: { rate: 0.1, schedule: { decay: 0.5, steps: [10, 30] } } },
    ],
    [
      ['train.a.optimizer={"rate":3}', "train.a.optimizer.schedule.decay=1"],
      { optimizer: { rate: 3, schedule: { decay: 1, steps: [10, 20] } } },
    ],
    [["train.a.widths[0]=5"], { widths: [5, 8] }],
    [["train.a.start.from=here"], { start: { from: "here" } }],
    [["train.a.start.from=7"], { start: { from: "7" } }],
    [["train.a.label=7"], { label: "7" }],
    [["train.a.label=null"], { label: "null" }],
    [['train.a.label="7"'], { label: "7" }],
    [["train.a.size=7"], { size: 7 }],
  ] as [sets: string[], changed: object, ofB?: object][]
) {
  Deno.test(`--set ${sets.join(" --set ")} changes that member alone`, () => {
    const [a, b] = trainedWith([]);
    assertEquals(trainedWith(sets), [{ ...a, ...changed }, { ...b, ...ofB }]);
  });
}

Deno.test("--set refuses JSON that says another value than it would set, and takes the same text as text", () => {
  for (
    const [set, problem] of [
      ["train.size=9007199254740993", "integers that float64 has, found 9007199254740993"],
      ["train.a.optimizer.rate=1e400", "numbers that float64 has, found 1e400"],
      ['train.a.optimizer={"rate":1,"rate":2}', 'each name once, found "rate" twice'],
    ]
  ) {
    const { message } = assertThrows(() => trainedWith([set]), Failed);
    assertStringIncludes(message, `--set train.a.${set.includes("size") ? "size" : "optimizer"}:`);
    assertStringIncludes(message, `expected ${problem}`);
  }
  assertEquals(trainedWith(["train.a.label=9007199254740993"])[0].label, "9007199254740993");
});

Deno.test("--set changes a member of what the experiment sets", () => {
  const experiment = Experiment.parse({
    name: "e",
    about: "",
    parameters: { "train/a": { optimizer: { rate: 0.7 } } },
  });
  const [{ optimizer }] = trainedWith(["train.a.optimizer.schedule.decay=1"], experiment);
  assertEquals(optimizer, { rate: 0.7, schedule: { decay: 1, steps: [10, 20] } });
});

Deno.test("--set refuses a member that a parameter has not, also where its schema would drop it", () => {
  const didYouMean = (path: string) => `Did you mean "${path}"?`;
  for (
    const [set, expected] of [
      ["train.a.optimizer.rat=1", didYouMean("train.a.optimizer.rate")],
      ["train.a.optimizer.schedule.deacy=1", didYouMean("train.a.optimizer.schedule.decay")],
      ["train.a.loose.siez=1", didYouMean("train.a.loose.size")],
      ["train.a.optimizer.rate.x=1", didYouMean("train.a.optimizer.rate")],
      ["train.a.label.x=1", didYouMean("train.a.label")],
      ["train.a.widths[2]=1", '"train.a.widths[0]" or "train.a.widths[1]"'],
      ["train.a.widths.length=1", "train.a.widths"],
      ["train.a.optimizer.__proto__=1", "No parameter is named"],
      ["train.a.optimizer..rate=1", didYouMean("train.a.optimizer.rate")],
      ["train.a.start.form=1", "No parameter is named"],
      ["*.rate=1", "No parameter is named"],
    ]
  ) {
    const { message } = assertThrows(() => trainedWith([set]), Failed);
    assertStringIncludes(message, `No parameter is named "${set.split("=")[0]}". `);
    assertStringIncludes(message, expected, set);
  }
  const { message } = assertThrows(() => trainedWith(["train.a.optimizer.rate=fast"]), Failed);
  assertStringIncludes(message, "→ at optimizer.rate");
});

Deno.test("a job whose name could be that of a member goes before it", () => {
  const dag = defineDag((job) => {
    job("train", training, { inputs: {} });
    job("train/optimizer", training, { inputs: {} });
  });
  const labels = (path: string) =>
    select(dag, everything, { overrides: [{ path, value: "new" }] }).jobs
      .map(({ parameters }) => parameters.label);
  assertEquals(labels("train.optimizer.label"), ["plain", "new"]);
  assertEquals(labels("train.label"), ["new", "plain"]);
});

Deno.test("the name __proto__ is refused for jobs, inputs, outputs and parameters, which records would drop", () => {
  const isRefused = (name: string, parts: object) => {
    const stage = { ...source, ...parts } as AnyStage;
    const dag: Dag = [{ name, stage, parameters: {}, optional: false, inputs: {} }];
    assertEquals(failureOf(() => inOrder(dag)), { reason: "prototype-name", job: name });
  };
  isRefused("numbers/__proto__", {});
  isRefused("numbers", { outputs: { ["__proto__"]: numbers } });
  isRefused("numbers", { inputs: { ["__proto__"]: numbers } });
  isRefused("numbers", { parameters: { ...source.parameters, shape: { ["__proto__"]: z.int() } } });
});

Deno.test("resources that do not fit are refused with their stage and place", () => {
  const { failure } = assertThrows(
    () =>
      defineDag((job) => void job("numbers", source, { inputs: {} }), {
        resources: { source: { minutes: 0.5, memory: 0.5 } },
      }),
    Failed,
  );
  assertEquals(failureLines(failure), [
    "The resources of the stage source do not fit:",
    "  ✖ Invalid input: expected int, received number",
    "  → at memory",
    "  ✖ Invalid input: expected int, received number",
    "  → at minutes",
    "Correct them in the DAG.",
  ]);
});

Deno.test("a parameter that JSON would change cannot enter a key and is refused with its place", () => {
  const loose = defineStage({
    name: "loose",
    module: import.meta.url,
    about: "takes anything",
    parameters: z.strictObject({ options: z.any().default(null) }),
    outputs: {},
    run: () => ({}),
  });
  const withOptions = (options: unknown) =>
    defineDag((job) => {
      job("loose", loose, { inputs: {}, parameters: { options } });
    });
  const refused: [options: unknown, words: string][] = [
    [new Map([["rate", 0.1]]), "at options, found an object of the class Map"],
    [{ rate: NaN }, "at options.rate, found NaN"],
    [{ steps: 10n }, "at options.steps, found a bigint"],
    [{ schedule: () => 1 }, "at options.schedule, found a function"],
  ];
  for (const [options, words] of refused) {
    const { message } = assertThrows(() => select(withOptions(options), everything), Failed);
    assertStringIncludes(message, `The parameters of loose do not fit its schema:`);
    assertStringIncludes(message, words);
  }
  const [{ parameters }] = select(withOptions({ rates: [0.1, null] }), everything).jobs;
  assertEquals(parameters, { options: { rates: [0.1, null] } });
});

Deno.test("a parameter that its schema would change again is refused with its place", () => {
  const cutting = defineStage({
    name: "cutting",
    module: import.meta.url,
    about: "takes what it cuts",
    parameters: z.strictObject({
      share: z.number().transform((percent) => percent / 100).optional(),
      layers: z.string().transform((text) => text.split(",")).optional(),
      name: z.string().trim().toLowerCase().optional(),
      rate: z.coerce.number().default(0.1),
    }),
    outputs: {},
    run: () => ({}),
  });
  const selected = (parameters: object) =>
    select(
      defineDag((job) => void job("cutting", cutting, { inputs: {}, parameters })),
      everything,
    ).jobs[0].parameters;
  const refused: [parameters: object, words: string][] = [
    [{ share: 50 }, "Its schema makes 0.5 of what is given, and 0.005 of that"],
    [
      { rate: 1, layers: "784,10" },
      'Its schema makes ["784","10"] of what is given, and an error of that',
    ],
  ];
  for (const [parameters, words] of refused) {
    const { message } = assertThrows(() => selected(parameters), Failed);
    assertStringIncludes(message, words);
    assertStringIncludes(message, `→ at ${Object.keys(parameters).at(-1)}`);
  }
  assertEquals(selected({ name: " Wide ", rate: "0.2" }), { name: "wide", rate: 0.2 });
});

Deno.test("--only keeps a job and all that it needs", () => {
  const { jobs } = select(dag, everything, { only: ["report/first"] });
  assertEquals(jobs.map((job) => job.name), [
    "numbers/first",
    "double/first",
    "is-even/first",
    "report/first",
  ]);
});
