/** Tests running jobs in this process, on the test pipeline: which run, are kept, or fail. */
import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { join } from "node:path";
import type { Job } from "../../../pipeline/engine/dag.ts";
import { select } from "../../../pipeline/engine/project/selection.ts";
import type { Event } from "../../../pipeline/engine/event.ts";
import { Failed } from "../../../pipeline/engine/failed.ts";
import { wordNotice } from "../../../pipeline/engine/words/notices.ts";
import type { Executor, TaskListener } from "../../../pipeline/engine/executor/executor.ts";
import { inProcess } from "../../support/in_process.ts";
import { stagesOf } from "../../../pipeline/engine/dag.ts";
import type { Context } from "../../../pipeline/engine/keyed_job.ts";
import { run } from "../../../pipeline/engine/scheduler.ts";
import type { Outcome } from "../../../pipeline/engine/obtain.ts";
import { loadStatTable, settle } from "../../../pipeline/store/stat_cache.ts";
import { saveStatTable } from "../../../pipeline/store/save_stat_table.ts";
import {
  actionPath,
  actionsIn,
  blobPath,
  blobsIn,
  damagedPaths,
  openStore,
  readBlob,
  type Store,
} from "../../../pipeline/store/store.ts";
import type { Action } from "../../../schemas/run/action.ts";
import { Experiment } from "../../../schemas/run/experiment.ts";
import { dag } from "../../fixtures/counting/mod.ts";
import { noMachine } from "../../support/no_machine.ts";
import { type Workspace, workspace } from "../../support/workspace.ts";

/** A listener that ignores every report. */
const silent: TaskListener = {
  started() {},
  progress() {},
  measured() {},
  notice() {},
  log() {},
  waiting() {},
};

type Parameters = Experiment["parameters"];

const code = { sha256: "c".repeat(64), packages: [] };

function contextOf({ path }: Workspace): Context {
  return {
    store: openStore(join(path, "store")),
    data: new Map(),
    root: path,
    codes: new Map([...stagesOf(dag).keys()].map((name) => [name, code])),
    machine: noMachine,
  };
}

const executorOf = ({ store }: Context): Executor =>
  inProcess({ store, stages: stagesOf(dag), settings: {} });

interface Ran {
  /** Status by job. */
  status: Record<string, string>;
  outcomes: Map<string, Outcome>;
  events: Event[];
}

async function runJobs(
  place: Workspace,
  parameters: Parameters = {},
  options: {
    force?: string[];
    without?: string[];
    executor?: (context: Context) => Executor;
    signal?: AbortSignal;
    seconds?: Record<string, number>;
  } = {},
): Promise<Ran> {
  const context = contextOf(place);
  const experiment = Experiment.parse({ name: "e", about: "", parameters });
  const skipped = new Set(["random/first", "trespass/first", ...options.without ?? []]);
  const jobs: Job[] = select(dag, experiment).jobs.filter((job) => !skipped.has(job.name));
  const executor = options.executor?.(context) ?? executorOf(context);
  const events: Event[] = [];
  const outcomes = await run(jobs, context, executor, {
    force: new Set(options.force),
    signal: options.signal ?? new AbortController().signal,
    secondsOf: options.seconds && ((job) => options.seconds![job]),
    onEvent: (event) => events.push(event),
    onOutcome: () => {},
  });
  settle(context.store.table);
  saveStatTable(context.store.table);
  return {
    status: Object.fromEntries(outcomes.map(({ job, status }) => [job.name, status])),
    outcomes: new Map(outcomes.map((outcome) => [outcome.job.name, outcome])),
    events,
  };
}

const ran = ({ status }: Ran) =>
  Object.keys(status).filter((name) => status[name] === "ran").sort();

Deno.test("everything runs once, and nothing the second time", async () => {
  await using place = await workspace();
  const first = await runJobs(place);
  assertEquals(new Set(Object.values(first.status)), new Set(["ran"]));
  const second = await runJobs(place);
  assertEquals(new Set(Object.values(second.status)), new Set(["cached"]));
});

Deno.test("a changed parameter reruns downstream jobs until the bytes are the same", async () => {
  await using place = await workspace();
  await runJobs(place);
  const again = await runJobs(place, { "numbers/first": { values: [1, 2, 5] } });
  // The doubled numbers differ, their sum is even as before: what reads that stays.
  assertEquals(ran(again), [
    "double/first",
    "fragile/first",
    "is-even/first",
    "judge/first",
    "numbers/first",
    "slow/first",
  ]);
  assertEquals(again.status["report/first"], "cached");
});

Deno.test("a forced job that gives the same bytes reruns no downstream job", async () => {
  await using place = await workspace();
  await runJobs(place);
  const again = await runJobs(place, {}, { force: ["double/first"] });
  assertEquals(ran(again), ["double/first"]);
  assert(!again.events.some((event) => event.type === "notice"));
});

Deno.test("a failed job stops only the jobs that need it", async () => {
  await using place = await workspace();
  const { status, outcomes } = await runJobs(place, { "fragile/first": { fail: "throw" } });
  assertEquals(status["fragile/first"], "failed");
  assertStringIncludes(outcomes.get("fragile/first")!.error!, "told to fail");
  assertEquals(status["slow/first"], "skipped");
  assertStringIncludes(outcomes.get("slow/first")!.error!, "fragile/first");
  assertEquals(status["report/first"], "ran");
  const repaired = await runJobs(place);
  assertEquals(ran(repaired), ["fragile/first", "slow/first"]);
});

Deno.test("an output that does not fit its schema is not stored", async () => {
  await using place = await workspace();
  const { status, outcomes } = await runJobs(place, { "fragile/first": { fail: "bad-output" } });
  assertEquals(status["fragile/first"], "failed");
  assertStringIncludes(outcomes.get("fragile/first")!.error!, "expected number");
  const { store } = contextOf(place);
  for (const { sha256 } of blobsIn(store)) {
    assert(!new TextDecoder().decode(readBlob(store, sha256)).includes('"one"'));
  }
  const stored = [...actionsIn(store)].map(({ sha256 }) => sha256);
  assert(!stored.includes(outcomes.get("fragile/first")!.keyed!.key));
});

Deno.test("a result with a missing or damaged blob is recomputed", async () => {
  await using place = await workspace();
  const { outcomes } = await runJobs(place);
  const { sha256 } = outcomes.get("double/first")!.action!.outputs.numbers;
  const path = blobPath(contextOf(place).store, sha256);
  const damages = [
    () => Deno.removeSync(path),
    () => {
      Deno.chmodSync(path, 0o644);
      Deno.writeTextFileSync(path, "[2,4,7]\n");
    },
  ];
  for (const damage of damages) {
    damage();
    const again = await runJobs(place);
    assertEquals(ran(again), ["double/first"]);
    assertEquals(again.outcomes.get("double/first")!.action!.outputs.numbers.sha256, sha256);
    assert(
      again.events.some((event) =>
        event.type === "notice" && event.notice.reason === "action-unusable"
      ),
    );
    readBlob(contextOf(place).store, sha256);
  }
});

const misfits: [what: string, edit: (own: Action, other: Action) => unknown, told: RegExp][] = [
  ["with a time that no date can hold", (own) => ({ ...own, seconds: 1e300 }), /seconds/],
  ["of a day that is none", (own) => ({ ...own, finished: "yesterday" }), /ISO datetime/],
  [
    "that began before the calendar",
    (own) => ({ ...own, finished: "0000-01-01T00:00:00Z", seconds: 1 }),
    /years from 0 to 9999/,
  ],
  [
    "with a blob of another type",
    (own, other) => ({ ...own, outputs: { numbers: other.outputs.parity } }),
    /not of the type numbers/,
  ],
  [
    "with another size",
    ({ outputs: { numbers }, ...own }) => ({
      ...own,
      outputs: { numbers: { ...numbers, size: 1 } },
    }),
    /says that its output numbers has 1 bytes; found 8/,
  ],
  [
    "with a size that is none",
    ({ outputs: { numbers }, ...own }) => ({
      ...own,
      outputs: { numbers: { ...numbers, size: -1 } },
    }),
    /size/,
  ],
  [
    "with an output more",
    (own, other) => ({ ...own, outputs: { ...own.outputs, ...other.outputs } }),
    /has the outputs numbers, parity of double; expected numbers of double/,
  ],
  ["with no output", (own) => ({ ...own, outputs: {} }), /expected numbers of double/],
  ["of another stage", (own) => ({ ...own, stage: "source" }), /of source; expected/],
  ["of another key", (_, other) => other, /names another key/],
  [
    "that read a file of a name that none can have",
    (own) => ({ ...own, reads: [{ path: "a\0b", sha256: "0".repeat(64) }] }),
    /is of another a/,
  ],
  [
    "that read a file of a name that is too long",
    (own) => ({ ...own, reads: [{ path: "a".repeat(1e4), sha256: "0".repeat(64) }] }),
    /is of another a/,
  ],
  ["nested too deep", () => `${"[".repeat(1e5)}${"]".repeat(1e5)}`, /200 deep/],
  ["of megabytes", () => " ".repeat(2 ** 21), /2097152 bytes/],
  ["that is no text", () => "\xff\u0000", /JSON/],
  ["that is empty", () => "", /JSON/],
];
for (const [what, edit, told] of misfits) {
  Deno.test(`a stored entry ${what} is computed again, named, and then right`, async () => {
    await using place = await workspace();
    const first = await runJobs(place);
    const [own, other] = ["double/first", "is-even/first"]
      .map((job) => first.outcomes.get(job)!.action!);
    const path = actionPath(contextOf(place).store, own.key);
    const edited = edit(own, other);
    Deno.chmodSync(path, 0o644);
    Deno.writeTextFileSync(path, typeof edited === "string" ? edited : JSON.stringify(edited));
    const second = await runJobs(place);
    assertEquals(ran(second), ["double/first"]);
    const notices = second.events.flatMap((event) => event.type === "notice" ? [event.notice] : []);
    assertEquals(notices.length, 1);
    assertMatch(wordNotice(notices[0]), /^double\/first is computed again: its entry/);
    assertMatch(wordNotice(notices[0]), told);
    assertEquals(second.outcomes.get("double/first")!.action!.outputs, own.outputs);
    const third = await runJobs(place);
    assertEquals([ran(third), third.events.filter(({ type }) => type === "notice")], [[], []]);
  });
}

/** Changes a stored blob, and the table with it, so that nothing but its bytes tells, a second later. */
function rot(store: Store, sha256: string, content: string): void {
  const path = blobPath(store, sha256);
  Deno.chmodSync(path, 0o644);
  Deno.writeTextFileSync(path, content);
  const { size, mtime, ino } = Deno.statSync(path);
  const table = loadStatTable(join(store.root, "stat.tsv"));
  const ctime = +Deno.statSync(path).ctime!;
  table.rows.set(path, [size, +mtime!, ctime, ino!, 0, sha256]);
  for (const [path, [size, mtime, ctime, inode, , sha256]] of table.rows) {
    table.rows.set(path, [size, mtime, ctime, inode, ctime + 1000, sha256]);
  }
  table.changed = true;
  saveStatTable(table);
}

Deno.test("a damaged or lost input is recomputed, then its job runs", async () => {
  await using place = await workspace();
  const { outcomes } = await runJobs(place);
  const { store } = contextOf(place);
  const numbers = outcomes.get("numbers/first")!.action!.outputs.numbers.sha256;
  const doubled = outcomes.get("double/first")!.action!.outputs.numbers.sha256;
  // Both: what the damaged one is made from is damaged as well.
  rot(store, numbers, "[1,2,5]\n");
  rot(store, doubled, "[2,4,7]\n");
  await new Promise((resolve) => setTimeout(resolve, 1010));
  const again = await runJobs(place, {}, { force: ["is-even/first"] });
  assertEquals(ran(again), ["double/first", "is-even/first", "numbers/first"]);
  assertEquals(new Set(Object.values(again.status)), new Set(["ran", "cached"]));
  const notices = again.events.flatMap((event) => event.type === "notice" ? [event.notice] : []);
  assertEquals(notices.filter(({ reason }) => reason === "output-lost").length, 2);
  assertEquals(new TextDecoder().decode(readBlob(store, doubled)), "[2,4,6]\n");
  assertEquals(new TextDecoder().decode(readBlob(store, numbers)), "[1,2,3]\n");
  const kept = [...Deno.readDirSync(damagedPaths(store)[0])].map(({ name }) => name).sort();
  assertEquals(kept, [numbers, doubled].sort());
});

Deno.test("an input that recomputing changes is reported, and the next run succeeds", async () => {
  await using place = await workspace();
  const { outcomes } = await runJobs(place, {}, { without: ["random/first"] });
  const { store } = contextOf(place);
  const sha256 = outcomes.get("double/first")!.action!.outputs.numbers.sha256;
  rot(store, sha256, "[2,4,7]\n");
  await new Promise((resolve) => setTimeout(resolve, 1010));
  const stages = new Map(stagesOf(dag));
  stages.set("double", { ...stages.get("double")!, run: () => ({ numbers: [2, 4, 8] }) });
  const changed = (context: Context) => inProcess({ store: context.store, stages, settings: {} });
  const options = { force: ["is-even/first"], executor: changed };
  const first = await runJobs(place, {}, options);
  assertEquals(first.status["is-even/first"], "failed");
  assertStringIncludes(first.outcomes.get("is-even/first")!.error!, "is missing");
  assertEquals((await runJobs(place, {}, options)).status["is-even/first"], "ran");
});

Deno.test("a result is not stored if an input changed while the job ran", async () => {
  await using place = await workspace();
  const { outcomes } = await runJobs(place);
  const context = contextOf(place);
  const { store } = context;
  const input = outcomes.get("numbers/first")!.action!.outputs.numbers.sha256;
  const { key } = outcomes.get("double/first")!.keyed!;
  const path = blobPath(store, input);
  const double = stagesOf(dag).get("double")!;
  const meanwhile = (change: () => void): Executor => {
    const stages = stagesOf(dag);
    stages.set("double", { ...double, run: (job) => (change(), double.run(job)) });
    return inProcess({ store, stages, settings: {} });
  };
  const { signal } = new AbortController();
  for (
    const change of [
      () => Deno.removeSync(path),
      () => {
        Deno.chmodSync(path, 0o644);
        Deno.writeTextFileSync(path, "[1,2,5]\n");
      },
    ]
  ) {
    Deno.removeSync([...actionsIn(store)].find(({ sha256 }) => sha256 === key)!.path);
    const error = await assertRejects(
      () =>
        meanwhile(change).execute(
          { job: "double/first", stage: "double", key, force: false, again: false, parallel: 1 },
          silent,
          signal,
        ),
      Failed,
    );
    assertEquals(error.failure.reason, "input-changed");
    assert(![...actionsIn(store)].some(({ sha256 }) => sha256 === key));
    // As a run does it: the input is computed again, and then the job.
    const again = await runJobs(place);
    assertEquals(ran(again), ["double/first", "numbers/first"]);
  }
});

Deno.test("independent jobs run side by side, up to the executor's width", async () => {
  await using place = await workspace();
  let running = 0;
  let most = 0;
  await runJobs(place, {}, {
    executor: (context) => {
      const one = executorOf(context);
      return {
        ...one,
        width: 2,
        async execute(task, listener, signal) {
          most = Math.max(most, ++running);
          await new Promise((resolve) => setTimeout(resolve, 5));
          const ran = await one.execute(task, listener, signal);
          running--;
          return ran;
        },
      };
    },
  });
  assertEquals(most, 2);
});

Deno.test("a job that waits for another of its key does not wait for another process", async () => {
  await using place = await workspace();
  const { events } = await runJobs(place, {}, {
    executor: (context) => ({
      ...executorOf(context),
      async execute(task, listener, signal) {
        if (task.job === "double/first") listener.waiting(Deno.pid);
        if (task.job === "is-even/first") listener.waiting(Deno.pid + 1);
        return await executorOf(context).execute(task, listener, signal);
      },
    }),
  });
  const notices = events.flatMap((event) => event.type === "notice" ? [event.notice] : []);
  assertEquals(notices.map(wordNotice).sort(), [
    "double/first has the key of a job that is being computed; waiting for its result",
    `is-even/first is being computed by another process, ${Deno.pid + 1}; waiting for its result`,
  ]);
});

Deno.test("a job is run from its key and the store alone", async () => {
  await using place = await workspace();
  const { outcomes } = await runJobs(place);
  const { key } = outcomes.get("double/first")!.keyed!;
  const elsewhere = executorOf(contextOf(place));
  const before = Deno.readTextFileSync(
    [...actionsIn(contextOf(place).store)].find((a) => a.sha256 === key)!.path,
  );
  await elsewhere.execute(
    { job: "double/first", stage: "double", key, force: true, again: false, parallel: 1 },
    silent,
    new AbortController().signal,
  );
  const after = Deno.readTextFileSync(
    [...actionsIn(contextOf(place).store)].find((a) => a.sha256 === key)!.path,
  );
  assertEquals(JSON.parse(after).outputs, JSON.parse(before).outputs);
});

Deno.test("an interrupted run keeps finished jobs and resumes after them", async () => {
  await using place = await workspace();
  const stop = new AbortController();
  const parameters = { "slow/first": { ticks: 1 } };
  const interrupted = await runJobs(place, parameters, {
    signal: stop.signal,
    executor: (context) => {
      const one = executorOf(context);
      return {
        ...one,
        async execute(task, listener, signal) {
          const record = new TextDecoder().decode(readBlob(context.store, task.key));
          if (record.startsWith("stage slow")) {
            stop.abort(new Error("interrupted"));
            throw signal.reason;
          }
          return await one.execute(task, listener, signal);
        },
      };
    },
  });
  assertEquals(interrupted.status["slow/first"], "interrupted");
  const resumed = await runJobs(place, parameters);
  const left = Object.keys(interrupted.status).filter((n) =>
    interrupted.status[n] === "interrupted"
  );
  assertEquals(ran(resumed).filter((name) => !left.includes(name) && name !== "report/first"), []);
  assertEquals(new Set(Object.values(resumed.status)).has("failed"), false);
});

Deno.test("the job at the head of the longest path begins first, and unknown times keep the order", async () => {
  const begun = async (seconds?: Record<string, number>) => {
    await using place = await workspace();
    const { events } = await runJobs(place, {}, {
      seconds,
      executor: (context) => ({ ...executorOf(context), width: 1 }),
    });
    return events.flatMap((event) => event.type === "started" ? [event.job] : []);
  };
  const declared = await begun();
  const names = ["numbers", "double", "is-even", "report", "fragile", "slow", "judge"];
  assertEquals(declared, names.map((name) => `${name}/first`));
  assertEquals((await begun({ "judge/first": 1000 })).indexOf("judge/first"), 1);
  // A short job before a long one is as urgent as that.
  const needs = new Set(["numbers/first", "double/first"]);
  const report = await begun({ "report/first": 1000 });
  assertEquals(new Set(report.slice(0, 2)), needs, report.join());
});

Deno.test("a job has the threads that those beside it leave", async () => {
  const parallel = async (width: number) => {
    await using place = await workspace();
    const tasks: Record<string, number> = {};
    await runJobs(place, {}, {
      executor(context) {
        const executor = executorOf(context);
        return {
          ...executor,
          width,
          execute(task, ...rest) {
            tasks[task.job] = task.parallel;
            return executor.execute(task, ...rest);
          },
        };
      },
    });
    return tasks;
  };
  assertEquals(new Set(Object.values(await parallel(1))), new Set([1]));
  const two = await parallel(2);
  assertEquals(two["numbers/first"], 1, "no other job can begin");
  assert(Object.values(two).includes(2), JSON.stringify(two));
  assert(Object.values(two).every((jobs) => jobs <= 2));
});
