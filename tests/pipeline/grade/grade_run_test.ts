/**
 * Tests grading submitted runs: an intact one, tampered ones with their integrity errors, errors that only
 * recomputing reveals, and nearly empty runs.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import type { Grade } from "../../../schemas/run/graded.ts";
import { formats } from "../../../pipeline/grade/formats/mod.ts";
import { gradeRun, type Grading } from "../../../pipeline/grade/submission.ts";
import { sha256Of } from "../../../pipeline/store/sha256.ts";
import {
  finished,
  how,
  makeConsistent,
  projectIn,
  replaceOutput,
  submit,
} from "../../support/submitted_run.ts";
import { workspace } from "../../support/workspace.ts";
import { utf8 } from "../../support/utf8.ts";

const problems = ({ trust }: Grade): string[] =>
  trust.problems.map(({ where, message }) => `${where}: ${message}`);
const statuses = ({ items }: Grade): string[] => items.map(({ status }) => status);

Deno.test("a submitted run is graded, and every edited file in it is reported", async () => {
  await using place = await workspace();
  const run = await finished(place);
  const project = projectIn(place);
  const gradeOf = (directory: string, require?: Grading["require"]) =>
    gradeRun(project, directory, how(place, require));

  const honest = await gradeOf(run);
  assertEquals(problems(honest), []);
  assertEquals(statuses(honest), ["passed", "passed", "passed", "passed"]);
  assertEquals([honest.passed, honest.points, honest.form], [true, 5, "complete"]);

  const outside = await submit(run, "outside", ({ job }) => {
    job("plot/net").outputs["loss.vl.json"].file = "../../../secret.json";
  });
  const leading = await gradeOf(outside);
  assertEquals(leading.passed, false);
  assert(!JSON.stringify(leading).includes("found sha256"), "nothing outside the run is read");

  // Forgeries that fit together: only computing again shows them.
  const invented = await submit(run, "invented", async (submitted) => {
    const metrics = `{"final-loss":0.05,"loss.epoch-0":0.2,"loss.epoch-1":0.1,` +
      `"loss.epoch-2":0.07,"loss.epoch-3":0.05}\n`;
    await replaceOutput(submitted, "evaluate/net", "metrics", utf8(metrics));
    await makeConsistent(submitted);
  });
  const believed = await gradeOf(invented);
  assertEquals([believed.passed, problems(believed), believed.trust.level], [
    true,
    [],
    "consistent",
  ]);
  const caught = await gradeOf(invented, "recomputed");
  assertEquals(statuses(caught), ["untrusted", "untrusted", "passed", "untrusted"]);
  assertEquals([caught.passed, caught.points], [false, 1]);
  assertStringIncludes(problems(caught)[0], "evaluate/net: computed here");
  assertStringIncludes(problems(caught)[0], "final-loss: 0.05 → ");

  // Damaged bytes that no item looks at leave the rest as it is.
  const damaged = await submit(
    run,
    "damaged",
    ({ write }) => write("train/net/weights.safetensors", "no weights"),
  );
  assertEquals(statuses(await gradeOf(damaged)), ["passed", "passed", "untrusted", "passed"]);
  assertEquals(statuses(await gradeOf(damaged, "claimed")).slice(0, 2), ["passed", "passed"]);

  // Without the bytes that the grader has too.
  const small = await submit(
    run,
    "small",
    ({ path }) => Deno.remove(path("draw/net/initial.safetensors")),
  );
  assertEquals((await gradeOf(small, "recomputed")).passed, true);

  // By other code, and without the bytes that would tell whether they are near.
  const partial = await submit(run, "partial", async (submitted) => {
    const { job } = submitted;
    await replaceOutput(submitted, "evaluate/net", "evaluation", utf8("{}"));
    job("evaluate/net").lines = job("evaluate/net").lines
      .map((line) => line.replace(/^(code evaluate) .*/, `$1 sha256:${sha256Of("other")}`));
    await makeConsistent(submitted);
    await Deno.remove(submitted.path("evaluate/net/evaluation.json"));
  });
  const [evaluated] = (await gradeOf(partial, "recomputed")).trust.recomputed
    .filter(({ job }) => job === "evaluate/net");
  assertEquals([evaluated.outcome, evaluated.differs], ["not-recomputed", ["code evaluate"]]);
  assertStringIncludes(evaluated.message!, "and the run lacks the bytes");

  const again = await gradeOf(run, "recomputed");
  assertEquals(
    again.trust.recomputed.map(({ job, outcome }) => [job, outcome]),
    ["draw/net", "train/net", "evaluate/net", "plot/net"].map((job) => [job, "same-bytes"]),
  );
  assertEquals([again.passed, again.trust.level], [true, "recomputed"]);
  assertEquals(
    [...Deno.readDirSync(join(place.path, "artifacts", "store", "tmp"))].length,
    0,
    "the store that it was computed in is gone",
  );

  // A run that left little, or nothing.
  const cut = await submit(run, "cut", () => {});
  await Deno.writeTextFile(join(cut, "manifest.json"), `{"version":1,"run":"x`);
  const failed = await submit(run, "failed", ({ manifest, job }) => {
    manifest.status = "failed";
    for (const name of ["evaluate/net", "plot/net"]) {
      Object.assign(job(name), {
        status: "failed",
        outputs: {},
        error: `${name} failed: it broke`,
      });
    }
  });
  for (const directory of [cut, failed]) {
    const grade = await gradeOf(directory);
    assertEquals(grade.passed, false);
    assertEquals(statuses(grade).filter((status) => status === "missing").length >= 3, true);
    for (const [name, write] of Object.entries(formats)) {
      assert(write(grade).length > 0, name);
    }
  }
  assertStringIncludes(
    (await gradeOf(failed)).items[0].explanation!,
    "evaluate/net failed: it broke",
  );
  assertEquals((await gradeOf(cut)).form, "unreadable");
});
