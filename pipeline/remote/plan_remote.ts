/**
 * Plans with the results that a remote cache has: looks up each job that would run, and plans again with
 * what it found, until nothing new turns up.
 */
import type { Action } from "../../schemas/run/action.ts";
import type { Notice } from "../engine/event.ts";
import type { PlannedJob } from "../engine/plan.ts";
import type { KeyedJob } from "../engine/keyed_job.ts";
import type { RemoteCache } from "../engine/obtain.ts";
import type { RemoteOptions } from "./address.ts";
import { longestEntry } from "../store/store.ts";
import { connect } from "./client.ts";
import { parseResult } from "./remote_entry.ts";
import { RemoteFailure } from "./remote_failure.ts";

/**
 * Plans by `planWith`, with the entries that a remote store has of jobs that would run. An entry that
 * cannot be of its job is reported and not used; blobs are not looked up. A remote that fails is reported
 * once, and no further request is made.
 */
export async function planWithRemote(
  { address }: RemoteOptions,
  planWith: (elsewhere: ReadonlyMap<string, Action>) => PlannedJob[],
  onNotice: (notice: Notice) => void,
): Promise<PlannedJob[]> {
  using client = connect(address);
  const failing = new AbortController();
  const { signal } = failing;
  const found = new Map<string, Action>();
  return await untilNothingNew(() => planWith(found), async (known) => {
    const { key } = known;
    if (signal.aborted) return;
    try {
      const body = await client.entry(key, longestEntry, signal);
      if (body !== undefined) found.set(key, parseResult(body, known));
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof RemoteFailure)) throw error;
      const { message: problem, trouble } = error;
      const then = trouble === "lying" ? "not-used" : "not-asked";
      if (then === "not-asked") failing.abort();
      onNotice({ reason: "remote", url: client.url, problem, then });
    }
  });
}

/** Plans after it has brought into the store all that the remote cache has: what is left must run. */
export const takeAhead = (
  level: RemoteCache,
  planAgain: () => PlannedJob[],
): Promise<PlannedJob[]> =>
  untilNothingNew(planAgain, async (known) => void await level.fetch(known, () => {}));

async function untilNothingNew(
  planAgain: () => PlannedJob[],
  lookFor: (known: KeyedJob) => Promise<void>,
): Promise<PlannedJob[]> {
  const asked = new Set<string>();
  for (;;) {
    const planned = planAgain();
    const missing = planned.flatMap((one) =>
      one.state === "run" && one.why.reason !== "forced" && one.keyed !== undefined &&
        one.job.data === undefined && !asked.has(one.keyed.key)
        ? [one.keyed]
        : []
    );
    if (missing.length === 0) return planned;
    for (const { key } of missing) asked.add(key);
    await Promise.all(missing.map(lookFor));
  }
}
