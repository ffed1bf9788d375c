/** Tests which jobs a rubric finds before and after others, also in a DAG of many jobs. */
import { assertEquals } from "@std/assert";
import { defineDag } from "../../../pipeline/engine/dag.ts";
import { behind, type DemandedJob, derivedFrom, rubricOf } from "../../../pipeline/grade/rubric.ts";
import { withDerived } from "../../../pipeline/grade/trust.ts";
import { source } from "../../fixtures/counting/count_source.ts";
import { double } from "../../fixtures/counting/double.ts";
import { isEven } from "../../fixtures/counting/is_even.ts";

Deno.test("jobs before others have the first that derives from them; jobs after others have all", () => {
  const dag = defineDag((job) => {
    const { numbers } = job("source", source, { inputs: {} });
    const { numbers: once } = job("once", double, { inputs: { numbers } });
    job("twice", double, { inputs: { numbers: once } });
    job("even", isEven, { inputs: { numbers: once } });
    job("alone", source, { inputs: {} });
  });
  const rubric = rubricOf(dag, undefined, undefined);
  const before = Object.fromEntries(behind(rubric, ["even", "twice", "unknown"]));
  const [even, twice, unknown] = ["even", "twice", "unknown"];
  assertEquals(before, { even, once: even, source: even, twice, unknown });
  assertEquals([...derivedFrom(rubric, ["once", "unknown"])], ["once", "unknown", "twice", "even"]);
});

Deno.test("a chain of 10,000 jobs takes memory by its jobs, not by their pairs", () => {
  const length = 10_000;
  const dag = defineDag((job) => {
    let { numbers } = job("0", source, { inputs: {} });
    for (let i = 1; i < length; i++) ({ numbers } = job(`${i}`, double, { inputs: { numbers } }));
  });
  const rubric = rubricOf(dag, undefined, undefined);
  assertEquals(behind(rubric, [`${length - 1}`]).size, length);
  assertEquals(derivedFrom(rubric, ["0"]).size, length);
});

Deno.test("a problem of a job is one of all that derive from it, in the DAG's order; the jobs are listed once for all problems", () => {
  let walks = 0;
  class Jobs extends Map<string, DemandedJob> {
    override keys() {
      walks++;
      return super.keys();
    }
  }
  const demanded = (...neededBy: string[]) => ({ neededBy }) as unknown as DemandedJob;
  const jobs = new Jobs([
    ["late", demanded()],
    ["first", demanded("middle", "late")],
    ["middle", demanded("late")],
    ["alone", demanded()],
  ]);
  const problems = ["first", "alone", "unknown"].map((job) => ({
    where: "manifest.json",
    message: "it differs",
    jobs: [job],
  }));
  const found = withDerived(problems, { jobs, experiment: undefined });
  assertEquals(found.map(({ jobs }) => jobs), [["first", "late", "middle"], ["alone"], [
    "unknown",
  ]]);
  assertEquals(walks, 1);
});
