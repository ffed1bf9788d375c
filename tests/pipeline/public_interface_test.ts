/**
 * Tests what other projects import: every export has a documented, explicit type and an example that runs, the
 * package can be published, and the public types are those of the schemas.
 */
import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import type { z } from "zod";
import type { FloatSchema, Ledger, OutputTolerance, ReportSection } from "../../pipeline/mod.ts";
import type { ExperimentInput, JobResources, Verdict } from "../../pipeline/mod.ts";
import type * as judged from "../../schemas/run/judged_claims.ts";
import type * as section from "../../schemas/run/report_section.ts";
import type * as tolerance from "../../schemas/run/tolerance.ts";
import type * as experiment from "../../schemas/run/experiment.ts";
import type * as resources from "../../schemas/run/job_resources.ts";
import type { Verdict as verdict } from "../../schemas/run/claim_verdict.ts";
import { workspace } from "../support/workspace.ts";
import { deno } from "../support/deno_command.ts";
import { readJson } from "../support/copied_files.ts";
import { root } from "../support/checkout.ts";

const { exports } = await readJson(root, "deno.json");
const entries = Object.values<string>(exports);

interface Declaration {
  kind: string;
  jsDoc?: { tags?: { kind: string; doc?: string }[] };
}
interface Export {
  name: string;
  declarations: Declaration[];
}

/** The exports of modules, as Deno documents them, and the modules themselves. */
async function documented(...modules: string[]): Promise<Export[]> {
  const { code, out, err } = await deno(["doc", "--json", ...modules]);
  assertEquals(code, 0, err);
  const nodes: Record<string, { module_doc?: Declaration["jsDoc"]; symbols: Export[] }> =
    JSON.parse(out).nodes;
  return Object.entries(nodes).flatMap(([url, { module_doc: jsDoc, symbols }]) => [
    ...(jsDoc === undefined ? [] : [{ name: url, declarations: [{ kind: "module", jsDoc }] }]),
    ...symbols,
  ]);
}

const examplesOf = ({ declarations }: Export): string[] =>
  declarations.flatMap(({ jsDoc }) => jsDoc?.tags ?? [])
    .filter(({ kind }) => kind === "example").map(({ doc = "" }) => doc);

/** Names of exports that need an example and have none: values, and types that no other export uses. */
function withoutExample(all: readonly Export[]): string[] {
  const isType = ({ declarations }: Export) =>
    declarations.every(({ kind }) => kind === "interface" || kind === "typeAlias");
  const isUsed = ({ name }: Export) =>
    all.some((other) =>
      other.name !== name && JSON.stringify(other).includes(`"typeName":"${name}"`)
    );
  return all.filter((one) => !(isType(one) && isUsed(one)))
    .filter((one) => !examplesOf(one).some((text) => /^import [^;]* from "fanin/m.test(text)))
    .map(({ name }) => name);
}

const all = await documented(...entries);

Deno.test("every export has an example that imports the package by its name", async () => {
  assert(all.length > 100, `${all.length} exports`);
  assertEquals(withoutExample(all), []);
  assertEquals(withoutExample(await documented("tests/fixtures/interface/mod.ts")), [
    "withoutExample",
    "Unused",
  ]);
});

Deno.test("the examples run", async () => {
  const run = async (examples: readonly string[]) => {
    await using place = await workspace();
    const names = examples.map((_, i) => `example_${i}.ts`);
    const write = (name: string, text: string) => Deno.writeTextFile(join(place.path, name), text);
    await Promise.all(names.map((name, i) => write(name, examples[i])));
    // One process, because a start for each would take a minute.
    await write("examples.ts", names.map((name) => `import "./${name}";\n`).join(""));
    const flags = ["-q", "--no-prompt", "--frozen", "-P=test"];
    return await deno(["run", ...flags, join(place.path, "examples.ts")]);
  };
  const code = all.flatMap(examplesOf).map((text) => /^```ts\n(.*?)^```/ms.exec(text)?.[1] ?? "");
  assert(code.length > 30 && code.every((text) => text !== ""), `${code.length} examples`);
  const whole = await run(code);
  assertEquals(whole.code, 0, whole.err);
  const wrong = await run([
    ...code,
    'import { json } from "fanin";\njson("draws", undefined).missing();\n',
  ]);
  assertEquals(wrong.code, 1);
  assert(wrong.err.includes(`example_${code.length}.ts`), wrong.err);
});

Deno.test("every export is documented, and so is every type that it names", async () => {
  const { code, err } = await deno(["doc", "--lint", ...entries]);
  assertEquals(code, 0, err);
  const { code: other, err: problems } = await deno([
    "doc",
    "--lint",
    "tests/fixtures/interface/mod.ts",
  ]);
  assertEquals(other, 1);
  for (const problem of ["missing-explicit-type", "missing-jsdoc", "private-type-ref"]) {
    assert(problems.includes(problem), problems);
  }
});

Deno.test("the package can be published", async () => {
  const { code, err } = await deno(["publish", "--dry-run", "--allow-dirty", "--no-check"]);
  assertEquals(code, 0, err);
  // Modules of the user, which are named while a command runs, are no part of the package.
  const allowed = /^warning\[(?!unanalyzable-dynamic-import)/m.exec(err);
  assertEquals(allowed?.[0], undefined, err);
  assert(err.includes("Dry run complete"), err);
});

/** Compiles if both types are the same, optional properties included. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true
  : false;

/** A type with its properties written out, however it was put together. */
type Plain<T> = T extends readonly (infer E)[] ? Plain<E>[]
  : T extends object ? { [Name in keyof T]: Plain<T[Name]> }
  : T;

/** Compiles if the argument tells whether both types are the same. */
const same = <A, B>(_: Same<Plain<A>, Plain<B>>) => {};

Deno.test("the public types are those of the schemas", () => {
  same<Verdict, z.output<typeof verdict>>(true);
  same<Ledger, z.output<typeof judged.Ledger>>(true);
  same<ReportSection, z.output<typeof section.Section>>(true);
  same<OutputTolerance, z.output<typeof tolerance.Tolerance>>(true);
  same<ExperimentInput, z.input<typeof experiment.Experiment>>(true);
  same<JobResources, z.output<typeof resources.Resources>>(true);
  same<number, z.output<FloatSchema>>(true);
  // A property more, an optional one included, is another type.
  same<Verdict, z.output<typeof verdict> | "unknown">(false);
  same<Ledger, z.output<typeof judged.Ledger> & { more?: string }>(false);
});
