/** Tests grading metrics of other programs, and many submissions at once. */
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { join } from "node:path";
import { comparisons } from "../../../pipeline/grade/class/mod.ts";
import { readExpected } from "../../../pipeline/grade/expected_file.ts";
import { classPage } from "../../../pipeline/report/class_page.ts";
import { grade } from "../../../pipeline/grade/grade_run.ts";
import { gradeAll } from "../../../pipeline/grade/class/grade_class.ts";
import { gradeMetrics, type Grading } from "../../../pipeline/grade/submission.ts";
import { withSimilar } from "../../../pipeline/grade/similarity.ts";
import type { Project } from "../../../pipeline/engine/project/project.ts";
import { printable } from "../../../pipeline/terminal/escape.ts";
import { sha256Of } from "../../../pipeline/store/sha256.ts";
import { fileOf, subjectOf } from "../../support/grade_subject.ts";
import { root } from "../../support/checkout.ts";
import { workspace } from "../../support/workspace.ts";
import { utf8 } from "../../support/utf8.ts";
import { zipBytes } from "../../support/zip_bytes.ts";
import { shell } from "../../support/shell.ts";

const place = async () => {
  const made = await workspace();
  const project: Project = {
    root,
    artifacts: join(made.path, "artifacts"),
    dag: [],
    dagModule: "",
    experiments: {},
  };
  const { expected } = fileOf([
    { expected: { kind: "at-least", value: 0.8 }, points: 3 },
    {
      id: "claim",
      target: { kind: "claim", id: "Q1.box" },
      expected: { kind: "verdict", anyOf: ["confirmed"] },
    },
  ]);
  const file = join(made.path, "expected.json");
  await Deno.writeTextFile(file, JSON.stringify(expected));
  const how: Grading = {
    expected: file,
    experiment: "test",
    onStart() {},
    onEnd() {},
    onNotice() {},
  };
  return { made, project, how };
};

Deno.test("a metrics file is graded as far as possible, and marked as such", async () => {
  const { made, project, how } = await place();
  await using _ = made;
  const path = join(made.path, "metrics.json");
  await Deno.writeTextFile(path, `{"accuracy": 0.9}`);
  const grade = gradeMetrics(project, path, how);
  assertEquals([grade.form, grade.passed, grade.points, grade.maxPoints], [
    "metrics-alone",
    true,
    3,
    3,
  ]);
  assertStringIncludes(grade.notes[0], "nothing was checked or recomputed");
  assertEquals(grade.notes[1], "1 item not judged: a metrics file does not show them.");
});

Deno.test("a broken submission stops no other, and no submission is run", async () => {
  const { made, project, how } = await place();
  await using _ = made;
  const directory = join(made.path, "submissions");
  const evil = `=evil<script>alert(1)</script>"'&`;
  await Deno.mkdir(join(directory, "broken"), { recursive: true });
  await Deno.mkdir(join(directory, "cut"));
  const write = (name: string, text: string) => Deno.writeTextFile(join(directory, name), text);
  await write("alice.csv", "accuracy,0.95\n");
  await write("bob.json", `{"accuracy": NaN}`);
  await write(`${evil.replaceAll("/", "")}.json`, `{"accuracy": 0.1}`);
  await write("odd.json", "[");
  await Deno.writeTextFile(join(directory, "cut", "manifest.json"), "{");
  const program = join(directory, "program");
  const mark = join(made.path, "it-ran");
  await Deno.mkdir(join(program, "stages"), { recursive: true });
  for (const name of ["cli.ts", "stages/mod.ts", "stages/setup.ts"]) {
    const text = `Deno.writeTextFileSync(${JSON.stringify(mark)}, "${name}");`;
    await Deno.writeTextFile(join(program, name), text);
  }
  await Deno.writeTextFile(
    join(program, "deno.json"),
    `{"tasks":{"setup":"deno run -A stages/setup.ts"}}`,
  );
  // A link that leads nowhere.
  const { code } = await shell("ln -s nowhere gone.zip", directory);
  assertEquals(code, 0);
  const graded = await gradeAll(project, directory, how);
  assertEquals(graded.map(({ grade }) => [grade.form, grade.points]).toSorted(), [
    ["metrics-alone", 0],
    ["metrics-alone", 0],
    ["metrics-alone", 3],
    ["unreadable", 0],
    ["unreadable", 0],
    ["unreadable", 0],
    ["unreadable", 0],
    ["unreadable", 0],
  ]);
  assertEquals(await Deno.stat(mark).catch(() => "absent"), "absent");

  const { csv, json, table } = comparisons;
  assertEquals(JSON.parse(json(graded)).length, 8);
  assertStringIncludes(table(graded), "alice.csv");
  const rows = csv(graded).split("\r\n");
  assertEquals(rows[0].split(",").slice(-4), [
    "item-1.points",
    "item-1.found",
    "claim.points",
    "claim.found",
  ]);
  assert(rows.some((row) => row.startsWith(`"'=evil`)), "a sheet must not run it as a formula");

  const page = await classPage(project, graded);
  assert(!page.includes("<script>alert"), "names are escaped");
  assertEquals(printable(page.split("\n")), `${page}\n`, "printing must not change its hashes");
  // The policy lets run only what the page itself brings, by its hash.
  const policy = /content="(default-src[^"]*)"/.exec(page)![1].replaceAll("&#39;", "'");
  assertStringIncludes(policy, "default-src 'none'");
  for (const part of ["style", "script"]) {
    const content = new RegExp(`<${part}>([^]*?)</${part}>`).exec(page)![1];
    const hash = btoa(
      String.fromCharCode(...sha256Of(content).match(/../g)!.map((hex) => parseInt(hex, 16))),
    );
    assertStringIncludes(policy, `${part}-src 'sha256-${hash}'`);
  }
  assert(!/ (on\w+|style)=/.test(page), "nothing inline that the policy would block");
});

Deno.test("notebooks and logs of a class are graded; a note beside them is reported, and no row", async () => {
  const { made, project, how } = await place();
  await using _ = made;
  const { expected } = fileOf([{
    expected: { kind: "at-least", value: 0.8 },
    text: [{ pattern: "accuracy {accuracy}" }],
  }]);
  await Deno.writeTextFile(how.expected!, JSON.stringify(expected));
  const directory = join(made.path, "submissions");
  await Deno.mkdir(join(directory, "erin"), { recursive: true });
  const write = (name: string, text: string) => Deno.writeTextFile(join(directory, name), text);
  const output = { output_type: "stream", name: "stdout", text: "accuracy 0.9" };
  await write("carol.ipynb", JSON.stringify({ nbformat: 4, cells: [{ outputs: [output] }] }));
  await write("dave.txt", "accuracy 0.7\n");
  await write("erin/results.log", "accuracy 0.85");
  await write("erin/notes.txt", "to do");
  await write("notes.txt", "to be graded until Friday");
  const zip = (name: string, entries: Record<string, string>) =>
    Deno.writeFile(
      join(directory, name),
      zipBytes(Object.entries(entries).map(([name, text]) => ({ name, data: utf8(text) }))),
    );
  await zip("frank.zip", {
    "homework/results.log": "accuracy 0.95",
    "homework/notes.txt": "to do",
    "homework/train.py": "",
    "__MACOSX/homework/._results.log": "",
    ".ipynb_checkpoints/draft.ipynb": "{}",
  });
  await zip("grace.zip", { "a.json": "{}", "b.json": "{}" });
  await zip("heidi.zip", { "train.py": "" });
  const skipped: string[] = [];
  const graded = await gradeAll(project, directory, how, {
    onSkipped: ({ name }) => skipped.push(name),
  });
  assertEquals(
    graded.map(({ name, grade: { points, trust } }) => [name, points, trust.level]),
    [
      ["carol.ipynb", 1, "claimed"],
      ["dave.txt", 0, null],
      ["erin", 1, "claimed"],
      ["frank.zip", 1, "claimed"],
      ["grace.zip", 0, null],
      ["heidi.zip", 0, null],
    ],
  );
  const [grace, heidi] = graded.slice(-2).map(({ grade }) => grade.notes[0]);
  assertStringIncludes(grace, "found 2 metrics files (a.json, b.json). Leave one of them.");
  assertStringIncludes(heidi, "found an archive without any of them.");
  assertEquals(skipped, ["notes.txt"]);
});

Deno.test("submissions whose names differ in their endings alone are named, and each says so", async () => {
  const { made, project, how } = await place();
  await using _ = made;
  const directory = join(made.path, "submissions");
  for (const name of ["bob", "eve.1", "eve.2"]) {
    await Deno.mkdir(join(directory, name), { recursive: true });
    await Deno.writeTextFile(join(directory, name, "metrics.json"), `{"accuracy": 0.9}`);
  }
  for (const name of ["bob.json", "bobby.json", "dan.csv", "dan.json", "dan.log"]) {
    await Deno.writeTextFile(join(directory, name), `{"accuracy": 0.9}`);
  }
  await Deno.writeTextFile(join(directory, "bob.txt"), "please read bob.json");
  const several: (readonly string[])[] = [];
  const started: string[] = [];
  const graded = await gradeAll(
    project,
    directory,
    { ...how, onStart: (name, about) => started.push(`${name}: ${about}`) },
    { onNamesakes: (names) => several.push(names) },
  );
  assertEquals(several, [["bob", "bob.json"], ["dan.csv", "dan.json", "dan.log"]]);
  const notes = graded.flatMap(({ name, grade }) =>
    grade.notes.filter((note) => note.startsWith("Handed in also")).map((note) =>
      `${name}: ${note}`
    )
  );
  assertEquals(notes, [
    "bob: Handed in also as bob.json, which has a row of its own.",
    "bob.json: Handed in also as bob, which has a row of its own.",
    "dan.csv: Handed in also as dan.json and dan.log, each with a row of its own.",
    "dan.json: Handed in also as dan.csv and dan.log, each with a row of its own.",
    "dan.log: Handed in also as dan.csv and dan.json, each with a row of its own.",
  ]);
  assert(started.includes("bob: is graded"), started.join());
});

Deno.test("a class has no row for an earlier table of its grades", async () => {
  const { made, project, how } = await place();
  await using _ = made;
  const directory = join(made.path, "submissions");
  const output = join(directory, "grades.csv");
  await Deno.mkdir(directory);
  await Deno.writeTextFile(join(directory, "alice.json"), `{"accuracy": 0.9}`);
  await Deno.writeTextFile(output, comparisons.csv(await gradeAll(project, directory, how)));
  const skipped: string[] = [];
  const onSkipped = ({ name }: { name: string }) => skipped.push(name);
  // By another path to the same directory too.
  const { code } = await shell("ln -s submissions class", made.path);
  assertEquals(code, 0);
  for (const path of [output, join(made.path, "class", "grades.csv")]) {
    const again = await gradeAll(project, directory, how, { output: path, onSkipped });
    assertEquals(again.map(({ name }) => name), ["alice.json"]);
    assertEquals(skipped.splice(0), ["grades.csv"]);
  }
});

Deno.test("a run with every point that is not the experiment is no pass in any table of a class", async () => {
  const { made, project } = await place();
  await using _ = made;
  const item = fileOf([{ expected: { kind: "at-least", value: 0.8 } }]);
  const graded = [null, "leaves out 2 jobs of its experiment: a, b"].map((deviation, i) => ({
    name: `run-${i}.zip`,
    grade: grade(subjectOf({ metrics: { accuracy: 0.9 } }, { deviation }), item),
  }));
  const why = "The run does not pass: it leaves out 2 jobs of its experiment: a, b";
  const [whole, other] = graded.map(({ grade }) => [grade.points, grade.passed]);
  assertEquals([whole, other], [[1, true], [1, false]]);
  assertEquals(comparisons.table(graded).match(/^.*does not pass.*$/gm), [`run-1.zip: ${why}`]);
  const [, first, second] = comparisons.csv(graded).split("\r\n");
  assertEquals([first, second].map((row) => row.includes(why)), [false, true]);
  const page = await classPage(project, graded);
  assertEquals(page.match(/>does not pass</g)?.length, 1);
  assertStringIncludes(page, `<li>${why}</li>`);
});

Deno.test("a class whose honest runs are all alike has one sentence a submission about that", async () => {
  const { made, project } = await place();
  await using _ = made;
  const names = Array.from({ length: 40 }, (_, i) => `student-${i}.zip`);
  const item = fileOf([{ expected: { kind: "at-least", value: 0.8 } }]);
  const graded = names.map((name) => {
    const similar = names.filter((other) => other !== name)
      .map((to) => ({
        to,
        jobs: ["train/net"],
        of: 2,
        computedOnce: to === names[7] ? ["train/net"] : [],
      }));
    return {
      name,
      grade: withSimilar(grade(subjectOf({ metrics: { accuracy: 0.9 } }), item), similar),
    };
  });
  const page = await classPage(project, graded);
  const [own] = page.split('id="submission-2"').slice(1);
  const sentences = own.split("</details>")[0].match(/<li>Similar: [^<]*<\/li>/g);
  const same = "Similar: 1 of 2 jobs that depend on a machine or a seed have the bytes of";
  assertEquals(sentences, [
    `<li>${same} student-0.zip, student-2.zip, student-3.zip and 35 more (train/net).</li>`,
    `<li>${same} student-7.zip (train/net); 1 of them began and ended at the same moments, so they ` +
    "were computed once.</li>",
  ]);
});

Deno.test("a class has columns for groups only where points of groups say more than all points", async () => {
  const { made, project } = await place();
  await using _ = made;
  const headsOf = async (...groups: (string | undefined)[]) => {
    const items = groups.map((group) => ({
      group,
      expected: { kind: "at-least" as const, value: 0.8 },
    }));
    const subject = subjectOf({ metrics: { accuracy: 0.5 } });
    const graded = [{ name: "ada", grade: grade(subject, fileOf(items)) }];
    const page = await classPage(project, graded);
    return {
      csv: comparisons.csv(graded).split("\r\n")[0].split(",").slice(12, -2 * groups.length),
      table: comparisons.table(graded).split("\n")[0].split(/ {2,}/).slice(4),
      page: [...page.matchAll(/<th scope="col"[^>]*>([^<]*)/g)].map(([, head]) => head),
      details: [...page.matchAll(/<p>([^<:]*): [\d.]* of/g)].map(([, head]) => head),
    };
  };
  const submissions = ["Submission", "%", "Points", "Trust"];
  const items = ["Passed by", "Mean points", "Of"];
  assertEquals(await headsOf(undefined, undefined), {
    csv: [],
    table: [],
    page: [...submissions, "Item", ...items],
    details: [],
  });
  assertEquals(await headsOf("A", "A"), {
    csv: ["A.points", "A.max_points"],
    table: [],
    page: [...submissions, "Item", "Group", ...items],
    details: [],
  });
  assertEquals(await headsOf("A", undefined), {
    csv: ["A.points", "A.max_points", "Other items.points", "Other items.max_points"],
    table: ["A", "Other items"],
    page: [...submissions, "A", "Other items", "Item", "Group", ...items],
    details: ["A", "Other items"],
  });
});

Deno.test("a hostile file of expected values is refused with the reason", async () => {
  const { made } = await place();
  await using _ = made;
  const path = join(made.path, "hostile.json");
  const refused = async (text: string, message: string) => {
    await Deno.writeTextFile(path, text);
    const error = assertThrows(() => readExpected(path));
    assertStringIncludes((error as Error).message, message);
  };
  const item = `{"id":"a","title":"a","source":{"from":"document","where":""},` +
    `"expected":{"kind":"present"},"target":{"kind":"artifact","job":"a","output":"b"}}`;
  const file = (items: string) =>
    `{"version":1,"title":"t","about":"","experiment":"e","items":[${items}]}`;
  await refused("{", "does not have the expected form");
  await refused(file(""), "items");
  await refused(file(`${item},${item}`), `found "a" again`);
  await refused(file(item.replace(`"id":"a"`, `"id":"a/../b"`)), "expected letters");
  await refused(file(item.replace("present", "exec")), "expected");
  await refused(file(item).replace("{", `{"__proto__":{"x":1},`), "another name than __proto__");
  const rounded = item.replace(`{"kind":"present"}`, `{"kind":"exact","value":9007199254740993}`);
  await refused(file(rounded), "integers that float64 has, found 9007199254740993");
  await refused(" ".repeat((8 << 20) + 1), "at most 8388608 are read");
  const missing = assertThrows(() => readExpected(join(made.path, "none.json")));
  assertStringIncludes((missing as Error).message, "no such file");
});
