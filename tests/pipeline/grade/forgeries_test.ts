/**
 * Tests forged submissions. Each gets no points for what it forges, with the reason named: by its
 * consistency where the forger left a trace, otherwise because it was computed again.
 */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import type { Grade, TrustLevel } from "../../../schemas/run/graded.ts";
import { decodeSafetensors, encodeSafetensors } from "../../../pipeline/formats/safetensors.ts";
import { gradeMetrics, gradeRun } from "../../../pipeline/grade/submission.ts";
import { gradeAll } from "../../../pipeline/grade/class/grade_class.ts";
import { formats } from "../../../pipeline/grade/formats/mod.ts";
import { bounded } from "../../../pipeline/grade/job_limits.ts";
import type { Executor, TaskListener } from "../../../pipeline/engine/executor/executor.ts";
import {
  openStore,
  putBlob,
  readAction,
  readBlob,
  writeAction,
} from "../../../pipeline/store/store.ts";
import { sha256Of } from "../../../pipeline/store/sha256.ts";
import {
  expected,
  finished,
  forgeKeys,
  how,
  makeConsistent,
  projectIn,
  replaceOutput,
  submit,
  type Submitted,
} from "../../support/submitted_run.ts";
import { utf8 } from "../../support/utf8.ts";
import { cliOf } from "../../support/checkout.ts";
import { fanin, runsIn, type Workspace, workspace } from "../../support/workspace.ts";
import { copyTree } from "../../support/copied_files.ts";

const source = { from: "measured", where: "a test" };
const metric = (name: string) => ({ kind: "metric", name: `net.${name}` });

/** Items. An honest run passes neither `low-loss`, `edge`, `falls`, `by-epoch` nor `claim`. */
const rubric = (honestLoss: number, initialHash: string) => ({
  ...expected,
  items: [
    ...expected.items,
    {
      id: "low-loss",
      title: "what no honest run has",
      target: metric("final-loss"),
      expected: { kind: "at-most", value: 0.001 },
      source,
    },
    {
      id: "edge",
      title: "a little lower than an honest run's",
      target: metric("final-loss"),
      expected: { kind: "at-most", value: honestLoss - 2e-6 },
      source,
    },
    {
      id: "falls",
      title: "the loss falls by much",
      target: metric("final-loss"),
      expected: { kind: "relation", relation: "at-most", metric: "net.loss.epoch-0", factor: 0.5 },
      source,
    },
    {
      id: "by-epoch",
      title: "as an early loss decides",
      target: metric("final-loss"),
      expected: {
        kind: "by",
        metric: "net.loss.epoch-1",
        cases: [{ value: 7, expected: { kind: "at-least", value: 0 } }],
        otherwise: { kind: "at-most", value: 0.001 },
      },
      source,
    },
    {
      id: "initial",
      title: "initial weights",
      target: { kind: "artifact", job: "draw/net", output: "initial" },
      expected: { kind: "hash", sha256: initialHash },
      source,
    },
    {
      id: "evaluation",
      title: "last loss as evaluated",
      target: {
        kind: "value",
        job: "evaluate/net",
        output: "evaluation",
        pointer: "/epochs/3/loss",
      },
      expected: { kind: "at-most", value: 0.9 },
      source,
    },
    {
      id: "claim",
      title: "a claim",
      target: { kind: "claim", id: "Q.forged" },
      expected: { kind: "verdict", anyOf: ["confirmed"] },
      source,
    },
  ],
  leaderboard: [{ name: "loss", metric: "net.final-loss", order: "ascending" }],
});

interface Forgery {
  forge(run: Submitted): unknown;
  /** The items that it would pass by the forgery. */
  items: readonly string[];
  /** The reason that is named. */
  reason: RegExp;
}

/** Changes a run, and then all that follows from it. */
const consistently =
  (change: (run: Submitted) => unknown) => async (run: Submitted): Promise<void> => {
    await change(run);
    await makeConsistent(run);
  };

const low = `{"final-loss":0.0001,"loss.epoch-0":0.4,"loss.epoch-1":7,"loss.epoch-2":0.1,` +
  `"loss.epoch-3":0.0001}\n`;
const evaluated = ["loss", "low-loss", "falls", "by-epoch", "edge", "curve"];
const trained = [...evaluated, "weights", "evaluation", "chart"];

/** Gives a job one more output. */
async function addOutput(
  { job, write }: Submitted,
  name: string,
  output: string,
  type: string,
  text: string,
): Promise<void> {
  const file = `forged-${output}.json`;
  await write(file, text);
  job(name).outputs[output] = {
    sha256: sha256Of(text),
    size: text.length,
    type,
    mediaType: "application/json",
    tolerance: { kind: "exact" },
    file,
  };
}

const forgeMetrics = (run: Submitted, text = low) =>
  replaceOutput(run, "evaluate/net", "metrics", utf8(text));

/** Forges the metrics, changes the run further, and makes it consistent with itself. */
const withForgedMetrics = (change: (run: Submitted) => unknown) =>
  consistently(async (run) => {
    await forgeMetrics(run);
    change(run);
  });

/** Renames a key of an object. */
function rename<T>(object: Record<string, T>, from: string, to: string): void {
  object[to] = object[from];
  delete object[from];
}

/** A claims table with one confirmed claim. */
const claimsText = JSON.stringify({
  version: 1,
  claims: [{ id: "Q.forged", verdict: "confirmed", sentence: "believe me" }],
  controls: [],
});

/** Forgeries that leave a trace. */
const inconsistent: Record<string, Forgery> = {
  "metrics.json says other values": {
    forge: ({ write }) => write("metrics.json", `{"net.final-loss":0.0001}`),
    items: ["low-loss"],
    reason: /metrics.json: it does not follow from the jobs' artifacts/,
  },
  "the metrics' bytes are others": {
    forge: ({ write }) => write("evaluate/net/metrics.json", low),
    items: evaluated,
    reason: /evaluate\/net/,
  },
  "a job has an extra output of type metrics": {
    forge: consistently((run) => addOutput(run, "evaluate/net", "more", "metrics", low)),
    items: evaluated,
    reason: /its stage gives no output more/,
  },
  "another job of the same subject has an extra output of type metrics": {
    forge: consistently((run) => addOutput(run, "plot/net", "more", "metrics", low)),
    items: ["low-loss", "by-epoch", "chart"],
    reason: /plot\/net: its stage gives no output more/,
  },
  "an extra output of type ledger confirms a claim": {
    forge: consistently((run) => addOutput(run, "plot/net", "claims", "ledger", claimsText)),
    items: ["claim"],
    reason: /its stage gives no output claims/,
  },
  "an output is typed as metrics": {
    forge: consistently(async (run) => {
      await replaceOutput(run, "plot/net", "loss.vl.json", utf8(low));
      run.job("plot/net").outputs["loss.vl.json"].type = "metrics";
    }),
    items: ["low-loss", "chart"],
    reason: /expected the type vega-lite-spec, found metrics/,
  },
  "the metrics are typed as something else": {
    forge: withForgedMetrics((run) => {
      run.job("evaluate/net").outputs.metrics.type = "bytes";
    }),
    items: evaluated,
    reason: /expected the type metrics, found bytes/,
  },
  "an added job has the subject of another": {
    forge: consistently(async (run) => {
      run.manifest.jobs.push(structuredClone({ ...run.job("evaluate/net"), name: "forged/net" }));
      await addOutput(run, "forged/net", "metrics", "metrics", low);
    }),
    items: ["low-loss", "by-epoch"],
    reason: /forged\/net: this repository's DAG has no such job/,
  },
  "a job is there twice": {
    forge: async (run) => {
      const twin = structuredClone(run.job("evaluate/net"));
      run.manifest.jobs.push(twin);
      await run.write("twin.json", low);
      Object.assign(twin.outputs.metrics, {
        sha256: sha256Of(low),
        size: low.length,
        file: "twin.json",
      });
    },
    items: evaluated,
    reason: /evaluate\/net: it is there twice/,
  },
  "an output that nothing looks at is omitted": {
    forge: withForgedMetrics((run) => {
      delete run.job("evaluate/net").outputs.evaluation;
    }),
    items: [...evaluated, "evaluation"],
    reason: /its output evaluation is missing/,
  },
  "an output is renamed": {
    forge: withForgedMetrics((run) => rename(run.job("evaluate/net").outputs, "metrics", "others")),
    items: evaluated,
    reason: /its stage gives no output others/,
  },
  "the weights are omitted": {
    forge: withForgedMetrics((run) => {
      delete run.job("train/net").outputs.weights;
    }),
    items: trained,
    reason: /train\/net: its output weights is missing/,
  },
  "the first job is omitted": {
    forge: consistently((run) =>
      run.manifest.jobs.splice(run.manifest.jobs.indexOf(run.job("draw/net")), 1)
    ),
    items: [...trained, "initial"],
    reason:
      /draw\/net: the run has no such job, and .* derives from it|comes from draw\/net, which is no/,
  },
  "the training is omitted": {
    forge: withForgedMetrics((run) =>
      run.manifest.jobs.splice(run.manifest.jobs.indexOf(run.job("train/net")), 1)
    ),
    items: trained,
    reason: /train\/net: the run has no such job|comes from train\/net, which is no job/,
  },
  "a job is renamed": {
    forge: withForgedMetrics((run) => {
      run.job("train/net").name = "train/other";
      run.job("evaluate/net").inputs.weights.job = "train/other";
    }),
    items: trained,
    reason: /this repository's DAG has no such job|its inputs come from other jobs/,
  },
  "a job has no input": {
    forge: withForgedMetrics((run) => {
      run.job("evaluate/net").inputs = {};
    }),
    items: evaluated,
    reason: /its inputs come from other jobs than in this repository's DAG/,
  },
  "an input has no hash": {
    forge: async (run) => {
      await forgeMetrics(run);
      const evaluate = run.job("evaluate/net");
      await makeConsistent(run);
      delete evaluate.inputs.weights.sha256;
      evaluate.lines = evaluate.lines.filter((line) => !line.startsWith("input "));
      forgeKeys(run);
    },
    items: evaluated,
    reason: /its input weights has no hash/,
  },
  "an input is renamed": {
    forge: withForgedMetrics((run) => rename(run.job("evaluate/net").inputs, "weights", "better")),
    items: evaluated,
    reason: /its inputs come from other jobs/,
  },
  "an input comes from another job": {
    forge: consistently((run) =>
      Object.assign(run.job("evaluate/net").inputs.weights, { job: "draw/net", output: "initial" })
    ),
    items: evaluated,
    reason: /its inputs come from other jobs/,
  },
  "an input has another hash than the output": {
    forge: ({ job }) => job("evaluate/net").inputs.weights.sha256 = sha256Of("better"),
    items: evaluated,
    reason: /its input weights is not what train\/net gave as weights/,
  },
  "better weights stand beside the old losses": {
    forge: (run) => replaceOutput(run, "train/net", "weights", utf8("better")),
    items: [...evaluated, "evaluation"],
    reason: /its input weights is not what train\/net gave/,
  },
  "a job has an unknown parameter": {
    forge: withForgedMetrics((run) => {
      run.job("evaluate/net").parameters.luck = 1;
    }),
    items: evaluated,
    reason: /its parameters do not fit its stage/,
  },
  "a parameter has another value than the experiment's": {
    forge: consistently((run) => run.job("train/net").parameters.rate = 0.25),
    items: trained,
    reason: /its parameter rate: expected 0.5, found 0.25/,
  },
  "a training is longer": {
    forge: consistently((run) => run.job("train/net").parameters.epochs = 1e9),
    items: trained,
    reason: /its parameter epochs: expected 4, found 1000000000/,
  },
  "a parameter is no number": {
    forge: consistently((run) => run.job("train/net").parameters.rate = "best"),
    items: trained,
    reason: /its parameters do not fit its stage/,
  },
  "a parameter is left out": {
    forge: consistently((run) => {
      delete run.job("train/net").parameters.rate;
    }),
    items: trained,
    reason: /its parameter rate: expected 0.5, found nothing/,
  },
  "a seed is left out": {
    forge: consistently((run) => {
      delete run.job("draw/net").parameters.seed;
    }),
    items: trained,
    reason: /its parameter seed: expected 1, found nothing/,
  },
  "a parameter is not that of the lines": {
    forge: ({ job }) => job("train/net").parameters.rate = 0.25,
    items: trained,
    reason: /its parameter rate|its parameters are not those of its lines/,
  },
  "a key is not the hash of its lines": {
    forge: ({ job }) => job("train/net").key = sha256Of("key"),
    items: trained,
    reason: /its key is not the hash of its lines/,
  },
  "a line is added": {
    forge: ({ job }) => job("evaluate/net").lines.push("param x 1"),
    items: evaluated,
    reason: /its key is not the hash of its lines/,
  },
  "a job has no key": {
    forge: async (run) => {
      await forgeMetrics(run);
      await makeConsistent(run);
      delete run.job("evaluate/net").key;
    },
    items: evaluated,
    reason: /it is ran, and has no key|it has outputs and no key/,
  },
  "a job is of another stage": {
    forge: withForgedMetrics((run) => {
      const evaluate = run.job("evaluate/net");
      evaluate.stage = "plot";
      evaluate.lines = evaluate.lines.map((line) => line.replace(/^stage .*/, "stage plot"));
    }),
    items: evaluated,
    reason: /expected the stage evaluate, found plot/,
  },
  "a complete run has jobs that all failed": {
    forge: withForgedMetrics((run) => {
      for (const job of run.manifest.jobs) job.status = "failed";
    }),
    items: [...trained, "initial"],
    reason: /says that the run is complete, and that .* is failed|it is failed, and has outputs/,
  },
  "the training was skipped, and has weights": {
    forge: consistently((run) => run.job("train/net").status = "skipped"),
    items: trained,
    reason: /train\/net: it is skipped, and has outputs/,
  },
  "the training was interrupted, and has weights": {
    forge: consistently((run) => run.job("train/net").status = "interrupted"),
    items: trained,
    reason: /train\/net: it is interrupted, and has outputs/,
  },
  "a job failed by its own message": {
    forge: consistently((run) => run.job("evaluate/net").error = "evaluate/net failed: it broke"),
    items: evaluated,
    reason: /it is ran, and says that it failed/,
  },
  "the run names an experiment of its own": {
    forge: consistently((run) => {
      run.manifest.experiment = { ...run.manifest.experiment, name: "easy" };
      run.job("train/net").parameters.rate = 0.25;
    }),
    items: trained,
    reason: /its parameter rate: expected 0.5, found 0.25/,
  },
  "the run's experiment has the changed parameters": {
    forge: consistently((run) => {
      run.manifest.experiment.parameters = { "train/net": { rate: 0.25 } };
      run.manifest.deviation = { missing: [], changed: [] };
      run.job("train/net").parameters.rate = 0.25;
    }),
    items: trained,
    reason: /its parameter rate: expected 0.5, found 0.25/,
  },
  "an output lies outside of the run": {
    forge: ({ job }) => job("plot/net").outputs["loss.vl.json"].file = "../../../chart.json",
    items: ["chart"],
    reason: /expected a path within the run/,
  },
  "an expected hash is named, and the bytes are others": {
    forge: async (run) => {
      const { sha256 } = run.job("draw/net").outputs.initial;
      await replaceOutput(run, "draw/net", "initial", utf8("other"));
      run.job("draw/net").outputs.initial.sha256 = sha256;
    },
    items: ["initial"],
    reason: /initial/,
  },
};

/** Forgeries in which everything fits together. */
const consistent: Record<string, Forgery> = {
  "metrics are invented": {
    forge: consistently((run) => forgeMetrics(run)),
    items: evaluated,
    reason: /evaluate\/net: computed here, metrics differs .*5 of 5 values/,
  },
  "one point of a curve is invented": {
    forge: consistently(async (run) => {
      const metrics = JSON.parse(
        new TextDecoder().decode(await run.read("evaluate/net/metrics.json")),
      );
      await forgeMetrics(run, JSON.stringify({ ...metrics, "loss.epoch-1": 7 }));
    }),
    items: ["by-epoch", "curve"],
    reason: /evaluate\/net: computed here, metrics differs .*loss\.epoch-1/,
  },
  "an invented value lies within the run's own tolerance": {
    forge: withForgedMetrics((run) => {
      const evaluate = run.job("evaluate/net");
      evaluate.outputs.metrics.tolerance = { kind: "close", absolute: 1e300, relative: 1e300 };
      evaluate.lines = evaluate.lines
        .map((line) => line.replace(/^(code evaluate) .*/, `$1 sha256:${sha256Of("other")}`));
    }),
    items: evaluated,
    reason: /evaluate\/net: computed here, metrics differs/,
  },
  "a value is a little better, on another machine by its lines": {
    forge: consistently(async (run) => {
      const metrics = JSON.parse(
        new TextDecoder().decode(await run.read("evaluate/net/metrics.json")),
      );
      const better = metrics["final-loss"] - 5e-6;
      await forgeMetrics(run, JSON.stringify({ ...metrics, "final-loss": better }));
      const train = run.job("train/net");
      train.lines = train.lines.map((line) => line.replace(/^env adapter .*/, `env adapter "X"`));
    }),
    items: ["edge"],
    reason: /expected at most .* found 0\.\d+, 2e-6 too high|expected at most .*too high/,
  },
  "an evaluation is invented": {
    forge: consistently(async (run) => {
      const text = `{"epochs":[0,1,2,3].map}`;
      await replaceOutput(run, "evaluate/net", "evaluation", utf8(text));
    }),
    items: ["evaluation", "loss"],
    reason: /evaluate\/net: computed here, evaluation differs/,
  },
  "a chart is invented": {
    forge: consistently(async (run) => {
      const text = `{"$schema":"https://vega.github.io/schema/vega-lite/v6.json",` +
        `"title":"Loss by epoch","mark":"line"}`;
      await replaceOutput(run, "plot/net", "loss.vl.json", utf8(text));
    }),
    items: ["chart"],
    reason: /plot\/net: computed here, loss.vl.json differs/,
  },
  "weights are zero, and what follows is right for them": {
    forge: consistently(async (run) => {
      const tensors = decodeSafetensors(await run.read("train/net/weights.safetensors"));
      for (const { data } of Object.values(tensors)) data.fill(0);
      await replaceOutput(run, "train/net", "weights", encodeSafetensors(tensors));
      await forgeMetrics(
        run,
        `{"final-loss":0,"loss.epoch-0":0,"loss.epoch-1":0,"loss.epoch-2":0,"loss.epoch-3":0}\n`,
      );
    }),
    items: ["weights", "loss", "low-loss", "edge"],
    reason: /train\/net: computed here, weights differs/,
  },
  "weights are garbage": {
    forge: consistently(async (run) => {
      await replaceOutput(run, "train/net", "weights", utf8("no weights at all"));
      await forgeMetrics(run);
    }),
    items: [...evaluated, "weights"],
    reason: /evaluate\/net: computed here, metrics differs/,
  },
  "weights are not there, and have another hash": {
    forge: consistently(async (run) => {
      await replaceOutput(run, "train/net", "weights", utf8("no weights at all"));
      await Deno.remove(run.path("train/net/weights.safetensors"));
    }),
    items: trained,
    reason:
      /train\/net: computed here, weights has another hash, and the run lacks the bytes|is neither in/,
  },
  "initial weights are chosen": {
    forge: consistently(async (run) => {
      const tensors = decodeSafetensors(await run.read("draw/net/initial.safetensors"));
      for (const { data } of Object.values(tensors)) data.fill(0);
      await replaceOutput(run, "draw/net", "initial", encodeSafetensors(tensors));
    }),
    items: ["initial", "loss", "weights"],
    reason: /draw\/net: computed here, initial differs|expected sha256/,
  },
  "the seed is another than was drawn": {
    forge: consistently((run) => run.job("draw/net").parameters.seed = 3),
    items: trained,
    reason: /computed here, \w+ differs/,
  },
  "metrics lack a point": {
    forge: consistently(async (run) => {
      const { "loss.epoch-1": _, ...metrics } = JSON.parse(
        new TextDecoder().decode(await run.read("evaluate/net/metrics.json")),
      );
      await forgeMetrics(run, JSON.stringify(metrics));
    }),
    items: evaluated,
    reason: /evaluate\/net: computed here, metrics differs/,
  },
};

/** All that a grade says. */
const words = ({ items, trust, notes }: Grade): string =>
  [
    ...items.map(({ explanation }) => explanation ?? ""),
    ...trust.problems.map(({ where, message }) => `${where}: ${message}`),
    ...notes,
  ].join("\n");

/** Says how a forgery was not caught; undefined if it was. */
function uncaught(grade: Grade, { items, reason }: Forgery): string | undefined {
  const got = grade.items.filter(({ id, points }) => items.includes(id) && points > 0);
  if (got.length > 0) return `it got points for ${got.map(({ id }) => id).join(", ")}`;
  if (!reason.test(words(grade))) return `it does not say ${reason}:\n${words(grade)}`;
  if (grade.passed) return "the run passed";
  const ranked = grade.leaderboard[0].value;
  return ranked !== null && ranked < 0.4 ? `it is ranked by ${ranked}` : undefined;
}

Deno.test("a submitted run of the small training", async (test) => {
  await using place = await workspace();
  const run = await finished(place);
  const steps: Record<string, (place: Workspace, run: string) => Promise<void>> = {
    "what is like the reference or another submission is reported and costs nothing": findsSimilar,
    "a result in the store that no run here computed proves nothing": distrustsStore,
    "a forgery gets no points for what it forges, with the reason named": catchesForgeries,
  };
  for (const [name, step] of Object.entries(steps)) await test.step(name, () => step(place, run));
});

async function catchesForgeries(place: Workspace, run: string): Promise<void> {
  const project = projectIn(place);
  const { items: [{ value: loss }] } = await gradeRun(project, run, how(place));
  const initial = sha256Of(await Deno.readFile(join(run, "draw", "net", "initial.safetensors")));
  await Deno.writeTextFile(
    join(place.path, "expected.json"),
    JSON.stringify(rubric(loss as number, initial)),
  );
  const gradeOf = (directory: string, require: TrustLevel) =>
    gradeRun(project, directory, how(place, require));

  const honest = await submit(run, "honest", makeConsistent);
  for (const require of ["consistent", "recomputed"] as const) {
    const grade = await gradeOf(honest, require);
    const passed = grade.items.filter(({ status }) => status === "passed").map(({ id }) => id);
    const all = ["loss", "curve", "weights", "chart", "initial", "evaluation"];
    assertEquals(passed, all, words(grade));
    assertEquals([grade.trust.problems, grade.trust.level], [[], require]);
    assertEquals(grade.leaderboard[0].value, loss);
  }
  const problems: string[] = [];
  let count = 0;
  const check = async (
    forgeries: Record<string, Forgery>,
    levels: readonly TrustLevel[],
  ): Promise<void> => {
    for (const [name, forgery] of Object.entries(forgeries)) {
      const directory = await submit(run, `forged-${count++}`, forgery.forge);
      for (const require of levels) {
        const problem = uncaught(await gradeOf(directory, require), forgery);
        if (problem !== undefined) problems.push(`${name} (${require}): ${problem}`);
      }
    }
  };
  await check(inconsistent, ["consistent"]);
  await check(consistent, ["recomputed"]);
  assertEquals(problems, []);
  assert(count >= 40);
}

async function distrustsStore(place: Workspace, run: string): Promise<void> {
  const forged = await submit(run, "forged", async (submitted) => {
    await forgeMetrics(submitted);
    await makeConsistent(submitted);
  });
  const manifest = JSON.parse(await Deno.readTextFile(join(forged, "manifest.json")));
  // As an import of the forged run leaves it, in a store that computed nothing itself.
  await using other = await workspace();
  const store = openStore(join(other.path, "artifacts", "store"));
  const own = openStore(join(place.path, "artifacts", "store"));
  for (const { name, key } of manifest.jobs) {
    const action = readAction(own, key, () => {})!;
    for (const { sha256 } of Object.values(action.outputs)) putBlob(store, readBlob(own, sha256));
    if (name === "evaluate/net") action.outputs.metrics = putBlob(store, utf8(low));
    writeAction(store, action);
  }
  const grading = { ...how(place, "recomputed" as const) };
  const { trust } = await gradeRun(projectIn(other), forged, grading);
  assertEquals(trust.recomputed.map(({ outcome }) => outcome), [
    "same-bytes",
    "same-bytes",
    "differs",
    "not-recomputed",
  ]);
}

async function findsSimilar(place: Workspace, run: string): Promise<void> {
  const project = projectIn(place);
  const submissions = join(place.path, "class");
  await Deno.mkdir(submissions);
  const one = await submit(run, join("class", "one"), () => {});
  await submit(run, join("class", "two"), ({ manifest }) => {
    for (const job of manifest.jobs) job.started = manifest.started;
  });
  await copyTree(run, join(place.path, "artifacts", "reference"));
  const grade = await gradeRun(project, one, how(place));
  assertEquals([grade.passed, grade.points], [true, 5]);
  const [similar] = grade.trust.similar;
  const jobs = ["draw/net", "train/net", "evaluate/net", "plot/net"];
  assertEquals(similar, {
    to: "the committed reference run",
    jobs,
    of: 4,
    computedOnce: jobs,
  });
  assert(formats.table(grade).includes("Similar: 4 of 4 jobs that depend on a machine or a seed"));
  const all = await gradeAll(project, submissions, how(place));
  assertEquals(
    all.map(({ name, grade }) => [
      name,
      grade.passed,
      grade.trust.similar.map((
        { to, jobs, computedOnce },
      ) => [to, jobs.length, computedOnce.length])
        .at(-1),
    ]),
    [["one", true, ["two", 4, 0]], ["two", true, ["one", 4, 0]]],
  );
}

Deno.test("metrics alone are claimed, and every format says so", async () => {
  await using place = await workspace();
  const path = join(place.path, "metrics.json");
  await Deno.writeTextFile(path, `{"net.final-loss":0.0001}`);
  await Deno.writeTextFile(
    join(place.path, "expected.json"),
    JSON.stringify(rubric(0.4, "a".repeat(64))),
  );
  const claimed = gradeMetrics(projectIn(place), path, how(place));
  assertEquals([claimed.trust.level, claimed.points > 0], ["claimed", true]);
  for (const [name, write] of Object.entries(formats)) {
    assert(/claimed/i.test(write(claimed)), name);
  }
  for (const require of ["consistent", "recomputed"] as const) {
    const grade = gradeMetrics(projectIn(place), path, how(place, require));
    assertEquals([grade.points, grade.trust.level, grade.passed], [0, null, false]);
    assertEquals(grade.leaderboard[0].value, null);
    assertStringIncludes(words(grade), `only metrics were submitted (it is claimed, and must be`);
  }
});

Deno.test("a seed is the submission's choice, and is drawn again", async () => {
  await using place = await workspace();
  const run = await finished(place, ["--set", "draw.net.seed=2"]);
  const grade = await gradeRun(projectIn(place), run, how(place, "recomputed"));
  assertEquals([grade.points, grade.trust.level, grade.trust.problems], [5, "recomputed", []]);
});

Deno.test("a job that exceeds its time or memory is stopped with the reason", async () => {
  let isStopped = false;
  const endless: Executor = {
    width: 1,
    execute: (_task, _listener, signal) =>
      new Promise((_, reject) =>
        signal.addEventListener("abort", () => {
          isStopped = true;
          reject(signal.reason);
        })
      ),
    close: () => Promise.resolve(),
  };
  const task = { job: "it", stage: "it", key: "", force: false, again: false, parallel: 1 };
  const executed = (limits: { memory: number; minutes: number }) =>
    bounded(endless, () => limits)
      .execute(task, {} as TaskListener, new AbortController().signal);
  await assertRejects(
    () => executed({ memory: 1e6, minutes: 0.001 }),
    Error,
    "it exceeded its limit of 0.001 minutes",
  );
  assert(isStopped);
  const stop = new AbortController();
  setTimeout(() => stop.abort(new Error("by hand")), 100);
  const year = bounded(endless, () => ({ memory: 1e6, minutes: 525_600 }));
  await assertRejects(() => year.execute(task, {} as TaskListener, stop.signal), Error, "by hand");
  // Negative, because the process need not grow while this test waits.
  await assertRejects(
    () => executed({ memory: -1e6, minutes: 1 }),
    Error,
    "it exceeded its limit of -1000000 MiB",
  );
});

Deno.test("own data are the grader's", async () => {
  await using place = await workspace();
  const data = join(place.path, "data");
  await Deno.mkdir(join(data, "pages"), { recursive: true });
  await Deno.writeTextFile(join(data, "pages", "a.txt"), "a");
  const graded = async (table: string) => {
    await Deno.writeTextFile(join(data, "table.csv"), table);
    const { code, err } = await fanin(place, ["reproduce"], cliOf("own_data"));
    assertEquals(code, 0, err);
    return runsIn(place.path).at(-1)!;
  };
  const forged = await graded("8\n9\n");
  await Deno.rename(join(place.path, "artifacts", "runs", forged), join(place.path, "submission"));
  await graded("1\n2\n3\n");
  await Deno.writeTextFile(
    join(place.path, "own.json"),
    JSON.stringify({
      version: 1,
      title: "own data",
      about: "",
      experiment: "data",
      items: [
        {
          id: "mean",
          title: "mean",
          target: { kind: "metric", name: "both.mean" },
          expected: { kind: "at-least", value: 5 },
          source,
        },
        {
          id: "files",
          title: "files",
          target: { kind: "metric", name: "pages.files" },
          expected: { kind: "exact", value: 1 },
          source,
        },
      ],
    }),
  );
  const command = ["grade", join(place.path, "submission"), "--expected"];
  const { out, err } = await fanin(
    place,
    [...command, join(place.path, "own.json"), "--require", "recomputed", "--json"],
    cliOf("own_data"),
  );
  assertEquals(err.includes("rror"), false, err);
  const grade: Grade = JSON.parse(out);
  assertEquals(grade.items.map(({ id, points }) => [id, points]), [["mean", 0], ["files", 1]]);
  assertStringIncludes(words(grade), "table.csv: computed here, content differs");
});
