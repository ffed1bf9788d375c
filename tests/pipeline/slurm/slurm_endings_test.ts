/** Tests how a job's end is classified from Slurm's report. `slurm_test.ts` tests Slurm's reports. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { Ending } from "../../../pipeline/engine/event.ts";
import { wordFailure } from "../../../pipeline/engine/failed.ts";
import {
  endingOf,
  isHeld,
  isOrphan,
  isOver,
  unusualReason,
} from "../../../pipeline/slurm/ending.ts";

const job = (state: string, reason = "None") => ({
  id: "17",
  state,
  reason,
  node: "node1",
  comment: "",
});

Deno.test("each final state has its own message", async () => {
  const states: [state: string, how: Ending][] = [
    ["NODE_FAIL", "node"],
    ["BOOT_FAIL", "node"],
    ["OUT_OF_MEMORY", "memory"],
    ["TIMEOUT", "time"],
    ["DEADLINE", "time"],
    ["PREEMPTED", "preempted"],
    ["CANCELLED", "cancelled"],
  ];
  const words = new Map<Ending, string>();
  for (const [state, how] of states) {
    assert(isOver(job(state)), state);
    const ending = await endingOf(job(state), "");
    assertEquals(ending, { how, detail: state });
    const message = wordFailure({ reason: "slurm-ended", id: "17", node: "node1", ...ending });
    assertStringIncludes(message, `(Slurm's job 17 on node1: ${state})`);
    words.set(how, message.replace(/\(.*?\)/g, ""));
  }
  assertEquals(new Set(words.values()).size, words.size);
});

Deno.test("a job killed for memory or time is reported so, whatever its Slurm state", async () => {
  const output =
    "slurmstepd: error: StepId=17.batch exceeded memory limit (2 > 1), being killed\nend";
  for (const state of ["FAILED", "CANCELLED"]) {
    const { how, detail } = await endingOf(job(state), output);
    assertEquals(how, "memory");
    assertMatch(detail, /exceeded memory limit/);
  }
  assertEquals((await endingOf(job("CANCELLED"), "words")).how, "cancelled");
  const overdue = "*** JOB 3 ON node1 CANCELLED AT 2026-11-24T13:04:32 DUE TO TIME LIMIT ***";
  assertEquals((await endingOf(job("FAILED"), overdue)).how, "time");
});

Deno.test("a job with a failed dependency is an orphan; an ordinarily waiting one is not reported", async () => {
  const orphan = job("PENDING", "DependencyNeverSatisfied");
  assert(isOrphan(orphan) && !isOver(orphan));
  assertEquals((await endingOf(orphan, "")).how, "dependency");
  const held = job("PENDING", "launch failed requeued held");
  assert(isHeld(held) && !isOver(held));
  assertEquals((await endingOf(held, "")).how, "node");
  for (const reason of ["Dependency", "Priority", "Resources", "BeginTime", "None"]) {
    const waits = job("PENDING", reason);
    assert(!isOrphan(waits) && !isOver(waits));
    assertEquals(unusualReason(waits), undefined);
  }
  assertEquals(
    unusualReason(job("PENDING", "AssocGrpCpuLimit")),
    "AssocGrpCpuLimit",
  );
  for (const state of ["RUNNING", "COMPLETING", "SUSPENDED", "REQUEUED"]) {
    assert(!isOver(job(state)));
  }
});
