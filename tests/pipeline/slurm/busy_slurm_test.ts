/**
 * Tests what fanin does after each answer of Slurm's commands: they are called again, jobs are looked up by
 * their token, or the failure says what Slurm has. The texts are those of Slurm 22.05 to 24.11.
 * `stopped_controller_test.ts` has a real Slurm time out.
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { ClusterFile } from "../../../schemas/run/cluster.ts";
import { isBusy, isUnclear } from "../../../pipeline/slurm/busy_controller.ts";
import { refusedVariables } from "../../../pipeline/slurm/slurm_variables.ts";
import {
  type Case,
  listed,
  type Outcome,
  type Recorded,
  recordedOutcomes,
} from "../../support/recorded_slurm.ts";

/** The controller has not taken the job. */
const untaken = [
  "Unable to contact slurm controller (connect failure)",
  "Resource temporarily unavailable",
  "Unable to create job record, try again",
  "Requested nodes are busy",
  "Slurm backup controller in standby mode",
  "Connection refused",
];

/** It may have taken the job: only the answer is missing. */
const unclear = [
  "Socket timed out on send/recv operation",
  "Unable to contact slurm controller (send failure)",
  "Unable to contact slurm controller (receive failure)",
  "Zero Bytes were transmitted or received",
  "Message send failure",
  "Message receive failure",
  "Transport endpoint is not connected",
  "Connection reset by peer",
  "Connection timed out",
  "Insane message length",
  "Header lengths are longer than data received",
];

/** It will never take the job. */
const final = [
  "Invalid partition name specified",
  "Invalid account or account/partition combination specified",
  "Invalid qos specification",
  "Requested node configuration is not available",
  "User's group not permitted to use this partition",
  "Requested time limit is invalid (missing or exceeds some limit)",
  "Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)",
  "Protocol authentication error",
  "Access/permission denied",
  "System submissions disabled",
];

const fails = (text: string, code = 1): Recorded => ({ err: `${text}\n`, code });
const sbatchFails = (text: string) => fails(`sbatch: error: Batch job submission failed: ${text}`);
const squeueFails = (text: string) => fails(`slurm_load_jobs error: ${text}`);
const took = (number: number): Recorded => ({ out: `${number}\n` });

const calls = ({ calls }: Outcome, program: string) =>
  calls.filter((call) => call.startsWith(`${program} `));

/** Tries cases that have names. */
async function outcomesOf<Name extends string>(
  cases: Record<Name, Case>,
): Promise<Record<Name, Outcome>> {
  const outcomes = await recordedOutcomes(Object.values(cases));
  return Object.fromEntries(
    Object.keys(cases).map((name, i) => [name, outcomes[i]]),
  ) as Record<Name, Outcome>;
}

Deno.test("each answer is of one kind: not taken, unclear or final", () => {
  for (const text of untaken) assertEquals([isBusy(text), isUnclear(text)], [true, false], text);
  for (const text of unclear) assertEquals([isBusy(text), isUnclear(text)], [true, true], text);
  for (const text of final) assertEquals([isBusy(text), isUnclear(text)], [false, false], text);
  const munge = 'Munge encode failed: Failed to connect to "/run/munge/munge.socket.2": ' +
    "Connection refused (retrying ...)\nProtocol authentication error";
  assertEquals([isBusy(munge), isUnclear(munge)], [true, false]);
});

Deno.test("a submission that a busy controller did not take is made again, and the wait is reported", async () => {
  const outcomes = await recordedOutcomes(
    [...untaken, ...unclear].map((text) => ({
      answers: { sbatch: [sbatchFails(text), took(17)] },
    })),
  );
  for (const [i, outcome] of outcomes.entries()) {
    const text = [...untaken, ...unclear][i];
    assertEquals(outcome.value, ["17"], text);
    assertEquals(calls(outcome, "sbatch").length, 2, text);
    assertEquals(outcome.notices.map(({ reason }) => reason), ["slurm-busy"], text);
    // It was looked for between the two.
    const order = outcome.calls.map((call) => call.split(" ")[0]).slice(1);
    assertEquals(order, ["sbatch", "squeue", "sbatch"], text);
  }
});

Deno.test("a job that Slurm took without an answer is found by its token, and not submitted again", async () => {
  const outcomes = await recordedOutcomes([
    ...unclear.map((text): Case => ({
      answers: {
        sbatch: [sbatchFails(text)],
        squeue: [{}, squeueFails(text), { out: listed("16", "g7") + listed("17", "g0") }],
      },
    })),
    // A number that no line says, or that two lines say.
    ...["", "wrapper 2.1\n", "3\n17\n"].map((out): Case => ({
      answers: { sbatch: [{ out }], squeue: [{}, { out: listed("17", "g0") }] },
    })),
    // A wrapper's own time limit.
    { answers: { sbatch: [{ code: 124 }], squeue: [{}, { out: listed("17", "g0") }] } },
  ]);
  for (const outcome of outcomes) {
    assertEquals(outcome.value, ["17"]);
    assertEquals(calls(outcome, "sbatch").length, 1);
    assertEquals(calls(outcome, "scancel"), []);
  }
});

Deno.test("a call that Slurm may have taken is made twice at most, and what it has is kept", async () => {
  const texts = [...unclear.slice(0, 3), ...untaken.slice(0, 2)];
  const outcomes = await recordedOutcomes(
    texts.map((text) => ({
      jobs: 2,
      seconds: 2,
      answers: { sbatch: [took(16), sbatchFails(text)] },
    })),
  );
  for (const [i, outcome] of outcomes.entries()) {
    const text = texts[i];
    assertEquals(outcome.failure?.reason, "slurm-busy", text);
    assertStringIncludes(outcome.message!, text);
    assert(!outcome.message!.includes("Nothing of the run"), outcome.message);
    const submissions = calls(outcome, "sbatch").filter((call) => call.includes(":g1 "));
    if (isUnclear(text)) {
      assertEquals(submissions.length, 2, text);
      // The job is looked for after the last call as well.
      assertMatch(outcome.calls.at(-1)!, /^squeue /);
    } else assert(submissions.length > 2, text);
    assertEquals(calls(outcome, "scancel"), []);
  }
});

Deno.test("a refusal is said at once, and all that Slurm took is cancelled by its token", async () => {
  const outcomes = await recordedOutcomes(final.map((text) => ({
    jobs: 2,
    answers: {
      sbatch: [took(16), sbatchFails(text)],
      // Slurm has a job, 15, whose number nobody recorded.
      squeue: [{}, {}, { out: listed("15", "g9", "RUNNING") + listed("16", "g0") }, {
        out: listed("15", "g9", "CANCELLED") + listed("16", "g0", "CANCELLED"),
      }],
    },
  })));
  for (const [i, outcome] of outcomes.entries()) {
    assertEquals(outcome.failure?.reason, "slurm-refused");
    assertStringIncludes(outcome.message!, final[i]);
    assertStringIncludes(outcome.message!, "Nothing of the run was left with it.");
    assertEquals(calls(outcome, "sbatch").length, 2);
    assertEquals(calls(outcome, "scancel"), ["scancel --quiet 15 16"]);
  }
});

Deno.test("a refusal names the jobs that could not be cancelled", async () => {
  const both = { out: listed("15", "g9", "RUNNING") + listed("16", "g0") };
  const refuses: Case = {
    jobs: 2,
    answers: { sbatch: [took(16), sbatchFails(final[0])], squeue: [{}, {}, both] },
  };
  const denied = fails("scancel: error: Kill job error on job id 15: Access/permission denied");
  const busy = fails(`scancel: error: Kill job error on job id 15: ${unclear[0]}`);
  const outcomes = await outcomesOf({
    stays: refuses,
    denied: { ...refuses, answers: { ...refuses.answers, scancel: [denied] } },
    silent: { ...refuses, seconds: 1, answers: { ...refuses.answers, scancel: [busy] } },
    blind: {
      ...refuses,
      seconds: 1,
      answers: { ...refuses.answers, squeue: [{}, {}, squeueFails(unclear[0])] },
    },
  });
  for (const [name, { message }] of Object.entries(outcomes)) {
    const left = name === "stays" ? "15, 16" : "16";
    assertStringIncludes(message!, `It may still have its jobs ${left}; "scancel`, name);
    assert(!message!.includes("Nothing of the run"), name);
  }
});

Deno.test("the number is found among what a site's wrapper prints", async () => {
  const texts = [
    "17\n",
    "17;cluster\n",
    "Loading slurm/23.02\n17\n",
    "17;cluster\nYou have used 40 of 1000 hours.\n",
    "Submitted batch job 17\n",
    "sbatch: checked by site\nSubmitted batch job 17 on cluster main\n",
    "17\n17\n",
  ];
  const outcomes = await recordedOutcomes(
    texts.map((out) => ({ answers: { sbatch: [{ out, err: "sbatch: note\n" }] } })),
  );
  for (const [i, outcome] of outcomes.entries()) assertEquals(outcome.value, ["17"], texts[i]);
  const [none] = await recordedOutcomes([{ answers: { sbatch: [{ out: "all well\n" }] } }]);
  assertEquals(none.failure?.reason, "slurm-refused");
  assertStringIncludes(none.message!, "all well");
});

Deno.test("squeue, scancel and scontrol are called again, too", async () => {
  const texts = [...untaken.slice(0, 2), ...unclear.slice(0, 3)];
  const cases = texts.flatMap((text): Case[] => [
    {
      operation: "withdraw",
      answers: { squeue: [squeueFails(text), { out: listed("17", "g0") }, {}] },
    },
    {
      operation: "cancel",
      answers: { scancel: [fails(`scancel: error: Kill job error on job id 17: ${text}`), {}] },
    },
    {
      operation: "isRunning",
      answers: {
        scontrol: [squeueFails(text), { out: "JobId=17 JobState=RUNNING Reason=None" }],
      },
    },
    {
      operation: "requeue",
      answers: { scontrol: [fails(`${text} for job 17`), {}] },
    },
  ]);
  const outcomes = await recordedOutcomes(cases);
  for (const [i, { value, failure, notices, ...outcome }] of outcomes.entries()) {
    const { operation } = cases[i];
    assertEquals(failure, undefined);
    assertEquals(notices.length, 1);
    if (operation === "withdraw") {
      assertEquals(value, []);
      assertEquals(calls({ notices, ...outcome }, "scancel"), ["scancel --quiet 17"]);
    } else assertEquals(outcome.calls.length, 2);
    if (operation === "isRunning" || operation === "requeue") assertEquals(value, true);
  }
});

Deno.test("a job that Slurm took twice is cancelled once it shows, and the recorded one goes on", async () => {
  const twins = listed("16", "g0", "RUNNING") + listed("17", "g0", "PENDING");
  const outcomes = await outcomesOf({
    // The first call's job shows after the second call's number was recorded.
    twice: { operation: "follow", answers: { sbatch: [took(17)], squeue: [{}, { out: twins }] } },
    ended: {
      operation: "follow",
      answers: {
        sbatch: [took(17)],
        squeue: [{}, { out: listed("16", "g0", "CANCELLED") + listed("17", "g0", "RUNNING") }],
      },
    },
    // Another controller's numbers: the recorded job is not there.
    other: {
      operation: "follow",
      answers: { sbatch: [took(17)], squeue: [{}, { out: listed("16", "g0", "RUNNING") }] },
    },
  });
  assertEquals(calls(outcomes.twice, "scancel")[0], "scancel --quiet 16");
  assertEquals(
    outcomes.twice.notices[0],
    { reason: "slurm-twin", job: "job/0", id: "17", other: "16" },
  );
  assertEquals(outcomes.twice.value, ["17"]);
  assertEquals(calls(outcomes.ended, "scancel"), []);
  assertEquals(calls(outcomes.other, "scancel"), []);
});

Deno.test("arguments that would break a run are refused by name, also by the beginning of it", () => {
  const problem = (argument: string) =>
    ClusterFile.safeParse({ arguments: [argument] }).error?.issues[0].message ?? "";
  const names = ["array", "chdir", "clusters", "comment", "dependency", "error", "export"].concat(
    ["export-file", "get-user-env", "gid", "help", "hold", "input", "job-name", "no-requeue"],
    ["open-mode", "output", "parsable", "quiet", "requeue", "signal", "test-only", "uid"],
    ["usage", "version", "wait", "wrap", "cluster-constraint", "kill-on-invalid-dep"],
  );
  for (const name of names) {
    assertStringIncludes(problem(`--${name}`), `expected no --${name}: `);
    assertStringIncludes(problem(`--${name}=x`), `expected no --${name}: `);
  }
  assertStringIncludes(problem("--out=x"), "--output");
  assertStringIncludes(problem("--cluster=x"), "--cluster");
  assertStringIncludes(problem("-Mx"), "long form");
  for (
    const good of ["--exclusive", "--gres=gpu:1", "--mem=1G", "--time=3", "--wait-all-nodes=1"]
  ) {
    assertEquals(problem(good), "", good);
  }
});

Deno.test("environment variables that would break a run are refused by name", async () => {
  const submission: Case = { answers: { sbatch: [took(17)] } };
  for (const name of ["SLURM_CLUSTERS", "SBATCH_WAIT", "SQUEUE_PARTITION", "SCANCEL_STATE"]) {
    assert(refusedVariables.includes(name));
    const [{ message, calls }] = await recordedOutcomes([submission], { [name]: "x" });
    assertMatch(message!, new RegExp(`The environment has ${name}=x, which .*expected it not set`));
    assertEquals(calls, []);
  }
  // Those that only change how Slurm prints are left.
  const [{ value }] = await recordedOutcomes([submission], { SQUEUE_SORT: "i", SBATCH_DEBUG: "1" });
  assertEquals(value, ["17"]);
});
