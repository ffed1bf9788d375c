/** Tests which grades a list of runs keeps, and for how long. */
import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Dag } from "../../../pipeline/engine/dag.ts";
import type { Project } from "../../../pipeline/engine/project/project.ts";
import { openGrades } from "../../../pipeline/grade/known_grade.ts";
import { root } from "../../support/checkout.ts";
import { writeText } from "../../support/copied_files.ts";
import { fileOf } from "../../support/grade_subject.ts";
import { madeUpRun, metricsBytes, place as lay } from "../../support/made_up_run.ts";
import { dag as counting } from "../../fixtures/counting/mod.ts";
import { workspace } from "../../support/workspace.ts";

Deno.test("a grade that is kept is of the DAG as it is now, because one without a job gives another", async () => {
  await using place = await workspace();
  const artifacts = join(place.path, "artifacts");
  const made = madeUpRun([
    { name: "double/first", stage: "double", outputs: { metrics: metricsBytes({ sum: 6 }) } },
  ]);
  const { manifest } = made;
  manifest.deviation = { missing: [], changed: [] };
  lay(artifacts, made);
  const { expected } = fileOf([{
    target: { kind: "metric", name: "first.sum" },
    expected: { kind: "exact", value: 6 },
  }]);
  const file = { ...expected, experiment: manifest.experiment.name };
  await writeText(join(artifacts, "reference", "expected.json"), JSON.stringify(file));
  const module = join(place.path, "dag.ts");
  const project = {
    root,
    artifacts,
    dagModule: pathToFileURL(module).href,
    experiments: {},
  };
  let loads = 0;
  /** The grade by a DAG whose module has a text. */
  const gradeBy = async (dag: Dag, text: string) => {
    await writeText(module, text);
    const load = () => Promise.resolve<Project>({ ...project, dag: (loads++, dag) });
    const { grade, problem } = await openGrades(project, load).of(manifest);
    return [grade?.points, problem, loads];
  };
  const first = await gradeBy(counting, "export const dag = 1;");
  assertEquals(await gradeBy(counting, "export const dag = 1;"), first, "it is kept");
  const [, , then] = await gradeBy([], "export const dag = 2;");
  assertEquals(then, 2, "another DAG is loaded");
  const [points] = await gradeBy(counting, "export const dag = 1;");
  assertEquals(points, first[0]);
  await gradeBy(counting, 'export { dag } from "./none.ts";');
  await gradeBy(counting, 'export { dag } from "./none.ts";');
  assertEquals(loads, 5, "nothing is kept of a DAG that cannot be read");
});
