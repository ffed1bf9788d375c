/**
 * Runs the commands in the documents, in their order and in one place, on small experiments. Blocks of `console` are
 * run by other tests, with what they print.
 */
import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { commands } from "../pipeline/commands/mod.ts";
import { documents, linesOf, wordsOf } from "./support/documents.ts";
import { expectedFile, metricItem } from "./support/expected_items.ts";
import { fanin, faninEach, runsIn, workspace } from "./support/workspace.ts";
import { root } from "./support/checkout.ts";

const cli = join(root, "tests", "fixtures", "documented", "cli.ts");

/** Commands that need more than this place, or much longer; the tests that run them there. */
const elsewhere: [command: RegExp, test: string][] = [
  [/ --executor slurm/, "pipeline/slurm/slurm_test.ts"],
  [/^attach /, "pipeline/slurm/slurm_test.ts"],
  [/^audit /, "pipeline/commands/audit_test.ts"],
  [/^autograder/, "pipeline/commands/autograder_test.ts"],
  [/^report --watch/, "pipeline/report/report_live_test.ts"],
  [/ --require recomputed/, "pipeline/grade/forgeries_test.ts"],
  [/^grade --metrics .*\.ipynb$/, "pipeline/grade/grading_guide_test.ts"],
  [/^gc --forget /, "pipeline/store/shared_store_test.ts"],
  [/^reproduce --data /, "pipeline/commands/missing_data_test.ts"],
];

/** Exit codes of commands that did what they should: runs that differ, a grade below full points, jobs to run. */
const fine: Record<string, number[]> = { diff: [0, 1], grade: [0, 1], plan: [0, 3] };

/** A store on HTTP that takes what is put. */
function httpStore() {
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const { pathname } = new URL(request.url);
    if (request.method === "PUT") {
      files.set(pathname, await request.bytes());
      return new Response(null, { status: 201 });
    }
    const file = files.get(pathname);
    if (file === undefined) return new Response(null, { status: 404 });
    return new Response(request.method === "HEAD" ? null : file, {
      headers: { "content-length": String(file.length) },
    });
  });
}

Deno.test("every command in a document does what it should", async (t) => {
  await using place = await workspace();
  await using store = httpStore();
  const at = (name: string) => join(place.path, name);
  const each = async (commands: string[][]) =>
    await faninEach(place, commands, cli, { INIT_CWD: place.path });
  const first = await fanin(place, ["reproduce"], cli);
  assertEquals(first.code, 0, first.out + first.err);
  await each([["reproduce", "--set", "train.fashion-mlp.epochs=2"]]);
  const [a, b] = runsIn(place.path);
  // The documents' own exports have data, which take longest to pack.
  await each([
    ["export", a, "--without-data", "--output", at("submission.crate.zip")],
    ["export", b, "--without-data", "--output", at("run.crate.zip")],
  ]);
  await Deno.mkdir(at("submissions"));
  await Deno.copyFile(at("submission.crate.zip"), at("submissions/ada.crate.zip"));
  await Deno.writeTextFile(
    at("metrics.csv"),
    "metric,value\nmnist-scratch.train-loss.epoch-1,2.2\n",
  );
  const notebook = join(root, "docs", "examples", "assignment.ipynb");
  await Deno.copyFile(notebook, at("notebook.ipynb"));
  const loss = { kind: "range", range: { low: 0, high: 3 } } as const;
  const expected = expectedFile(
    "assignment",
    metricItem("loss", "mnist-scratch.train-loss.epoch-1", loss),
  );
  await Deno.mkdir(at("artifacts/reference"), { recursive: true });
  await Deno.writeTextFile(at("artifacts/reference/expected.json"), JSON.stringify(expected));

  /** Puts in what a reader would in the place of a word. The run that was pushed is the latest then, A. */
  const filledIn = (word: string): string =>
    ({
      A: a,
      B: b,
      RUN: a,
      ID: a,
      "https://store.example.org": `http://127.0.0.1:${store.addr.port}`,
    })[word] ?? (word.startsWith("docs/") ? join(root, word) : word);
  const tried = new Map<string, string[]>();
  for (const path of documents) {
    for (const line of linesOf(path)) {
      const [program, task, name, ...given] = wordsOf(line);
      if (program !== "deno" || task !== "task" || !Object.hasOwn(commands, name)) continue;
      const command = [name, ...given].join(" ");
      const [, test] = elsewhere.find(([pattern]) => pattern.test(command)) ?? [];
      if (test === undefined) {
        tried.set(command, [name, ...given.filter((word) => word !== "--open").map(filledIn)]);
      } else {
        const text = await Deno.readTextFile(join(root, "tests", test));
        assert(
          text.includes(`"${name}"`) || text.includes(`task ${name} `),
          `${command}: not in ${test}`,
        );
      }
    }
  }
  assert(tried.size > 30, `${tried.size} commands in the documents`);
  const ended = await each([...tried.values()]);
  for (const [i, [command, [name]]] of [...tried].entries()) {
    await t.step(command, () => {
      const { code, out, err } = ended[i];
      assert((fine[name] ?? [0]).includes(code), `exit code ${code}\n${out}${err}`);
      assert(out !== "", "nothing was printed");
    });
  }
});
