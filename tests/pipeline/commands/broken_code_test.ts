/** Tests commands that only read records while the project's code cannot be parsed. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { copyPipeline, fanin, runsIn, workspaceOfOneProcess } from "../../support/workspace.ts";
import { edit } from "../../support/copied_files.ts";

Deno.test("what reads records alone works while a stage cannot be parsed, and says what is not known", async () => {
  await using place = await workspaceOfOneProcess();
  const cli = await copyPipeline(place);
  const artifacts = join(place.path, "artifacts");
  const ended = (...args: string[]) => fanin(place, args, cli);
  await Deno.mkdir(join(artifacts, "reference"), { recursive: true });
  await Deno.writeTextFile(
    join(artifacts, "reference", "expected-short.json"),
    JSON.stringify({
      version: 1,
      title: "short",
      about: "",
      experiment: "short",
      items: [{
        id: "even",
        title: "even",
        target: { kind: "metric", name: "first.even" },
        expected: { kind: "range", range: { low: 1, high: 3 } },
        source: { from: "document", where: "this test" },
      }],
    }),
  );
  for (const values of ["[1,2,3]", "[2]"]) {
    const made = await ended(
      ...["reproduce", "--experiment", "short", "--set", `numbers.first.values=${values}`],
    );
    assert(made.code < 2, made.err);
  }
  const before = await ended("reference", "latest~1", "--update", "--yes");
  assertEquals(before.code, 0, before.err);
  const [run] = runsIn(place.path);
  const stored = join(artifacts, "runs", run, "report.html");
  const report = await Deno.readTextFile(stored);
  assertStringIncludes(report, 'id="grade"');
  await edit(join(place.path, "double.ts"), "export const", "const broken = ;\nexport const");

  const file = join(place.path, "run.zip");
  const cases: [args: string[], code: number, err: RegExp][] = [
    [["runs"], 0, /^2 runs cannot be graded now\. The DAG cannot be loaded: /],
    [["show"], 0, /^1 run cannot be graded now\. The DAG cannot be loaded: /],
    [["diff", "latest~1"], 1, /compares latest~1 and latest/],
    [["reference", "latest~1"], 0, /^$/],
    [["report", "latest~1"], 0, /the grade are left out\. The DAG cannot be loaded/],
    [["report", "latest~1", "latest"], 0, /compares/],
    [["export", "latest", "--output", file], 0, /packing/],
    [["import", file], 0, /Whether the run is of this project is not known\. The DAG cannot/],
    // This depends on the code.
    [["plan"], 2, /^The DAG cannot be loaded: /],
  ];
  for (const [args, code, err] of cases) {
    const found = await ended(...args);
    assertEquals(found.code, code, `${args.join(" ")}: ${found.err}`);
    assertMatch(found.err, err, args.join(" "));
  }
  assertEquals(await Deno.readTextFile(stored), report, "the run keeps the report with its grade");
  const { out: path, err } = await ended("report", "latest~1");
  assertStringIncludes(path, join("reports", `${run}.html`));
  assertStringIncludes(err, "report.html stays as it is");

  const { out } = await ended("runs", "--json");
  assertStringIncludes(JSON.parse(out)[0].gradeProblem, "The DAG cannot be loaded");
  const { out: list } = await ended("runs");
  assertEquals(list.match(/ not known /g)?.length, 2, list);
});
