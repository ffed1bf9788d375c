/**
 * Tests following and resuming a large submission, without Slurm: what nodes write is read and nothing else
 * is opened, and what was submitted is written down.
 */
import { assert, assertEquals } from "@std/assert";
import type { Submission } from "../../../schemas/run/slurm_submission.ts";
import type { TaskListener } from "../../../pipeline/engine/executor/executor.ts";
import { follow } from "../../../pipeline/slurm/follow.ts";
import {
  noteSubmitted,
  openJournal,
  readSubmitted,
  writeSubmission,
} from "../../../pipeline/slurm/submission_files.ts";
import { type Site, submitAll } from "../../../pipeline/slurm/submit.ts";
import { workspace } from "../../support/workspace.ts";

Deno.test("journals are opened of jobs that have begun alone, and the end of such a job is seen", async () => {
  await using place = await workspace();
  const jobs = 100;
  const key = "a".repeat(64);
  const cluster = { arguments: [], command: ["true"], grace: 60, poll: 60, patience: 1 };
  const submission = { token: "t", experiments: [{}], cluster } as unknown as Submission;
  writeSubmission(place.path, submission);
  const at = new Date().toISOString();
  for (let ticket = 0; ticket < jobs; ticket++) {
    noteSubmitted(place.path, { ticket, id: `${ticket}`, name: `job-${ticket}`, at });
  }
  const site = { directory: place.path, submission, tickets: new Map() } as unknown as Site;
  const listener = new Proxy({}, { get: () => () => {} }) as TaskListener;
  const ending = new AbortController();
  using follower = follow({ site, submit: () => Promise.reject(new Error()), onNotice() {} });
  const ends = Array.from(
    { length: jobs },
    (_, ticket) => follower.ended(ticket, key, listener, ending.signal),
  );
  const opened: string[] = [];
  const { openSync } = Deno;
  Deno.openSync = (path, options) => {
    opened.push(`${path}`);
    return openSync(path, options);
  };
  try {
    const write = openJournal(place.path, 7);
    write({ type: "began", id: "7", node: "n", loading: 0, restarts: 0 });
    write({ type: "done", key });
    assertEquals((await ends[7]).slurm?.id, "7");
  } finally {
    Deno.openSync = openSync;
    ending.abort(new Error("over"));
    await Promise.allSettled(ends);
  }
  assert(opened.length > 0 && opened.every((path) => path.endsWith("/7.jsonl")), opened.join());
});

Deno.test("an array of which an ended process wrote down a part is written down to its end", async () => {
  await using place = await workspace();
  const submission = { token: "t", experiments: [{}, {}, {}] } as unknown as Submission;
  writeSubmission(place.path, submission);
  noteSubmitted(place.path, { ticket: 0, id: "17_0", name: "g0", at: new Date().toISOString() });
  const tickets = new Map([0, 1, 2].map((number) => [number, { inputs: {} }]));
  const site = { directory: place.path, submission, tickets } as unknown as Site;
  for (let resumed = 0; resumed < 2; resumed++) {
    await submitAll(site, () => {});
    assertEquals(
      readSubmitted(place.path).map(({ ticket, id, name }) => ({ ticket, id, name })),
      [0, 1, 2].map((ticket) => ({ ticket, id: `17_${ticket}`, name: "g0" })),
    );
  }
});
