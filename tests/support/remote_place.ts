/** Runs of the test pipeline in this process with a remote store behind them, and faults before a server. */
import { join } from "node:path";
import type { Job } from "../../pipeline/engine/dag.ts";
import { stagesOf } from "../../pipeline/engine/dag.ts";
import { select } from "../../pipeline/engine/project/selection.ts";
import type { Event, Notice } from "../../pipeline/engine/event.ts";
import { wordNotice } from "../../pipeline/engine/words/notices.ts";
import { inProcess } from "./in_process.ts";
import type { Context } from "../../pipeline/engine/keyed_job.ts";
import { parseAddress } from "../../pipeline/remote/address.ts";
import { type Client, connect, type Limits, usualLimits } from "../../pipeline/remote/client.ts";
import { remoteCache } from "../../pipeline/remote/read_through.ts";
import type { UseOptions } from "../../pipeline/remote/remote_use.ts";
import { run } from "../../pipeline/engine/scheduler.ts";
import type { Outcome } from "../../pipeline/engine/obtain.ts";
import { openStore, type Store } from "../../pipeline/store/store.ts";
import { Experiment } from "../../schemas/run/experiment.ts";
import { dag } from "../fixtures/counting/mod.ts";
import type { Workspace } from "./workspace.ts";
import { noMachine } from "./no_machine.ts";

/** Waits as short as a test can have them on a machine that does much else. */
export const quick: Limits = {
  ...usualLimits,
  stall: 3000,
  grace: 12_000,
  delays: [30, 60],
};

export const clientOf = (
  url: string,
  { limits = quick, credentials = {} }: {
    limits?: Limits;
    credentials?: Parameters<typeof parseAddress>[1];
  } = {},
): Client => connect(parseAddress(url, credentials), limits);

const code = { sha256: "c".repeat(64), packages: [] };

export interface Ran {
  store: Store;
  outcomes: Map<string, Outcome>;
  /** Status by job; `remote` where it was taken from there. */
  states: Record<string, string>;
  /** Notices printed, in words. */
  notices: string[];
  events: Event[];
}

/** Runs the test pipeline on the store `name` of a workspace, with the remote behind it. */
export async function runWith(
  { path }: Workspace,
  name: string,
  url: string,
  { limits, credentials, only, parameters = {}, force = [], onExecute = () => {}, ...options }:
    & Partial<Omit<UseOptions, "onNotice">>
    & Parameters<typeof clientOf>[1]
    & {
      only?: string;
      parameters?: Experiment["parameters"];
      force?: string[];
      /** Called before a job is computed. */
      onExecute?: (key: string) => void;
    } = {},
): Promise<Ran> {
  const store = openStore(join(path, name, "store"));
  const context: Context = {
    store,
    data: new Map(),
    root: path,
    codes: new Map([...stagesOf(dag).keys()].map((stage) => [stage, code])),
    machine: noMachine,
  };
  const experiment = Experiment.parse({ name: "e", about: "", parameters });
  const jobs: Job[] =
    select(dag, experiment, { only: only === undefined ? [] : [only], force }).jobs;
  const told: Notice[] = [];
  const events: Event[] = [];
  const signal = options.signal ?? new AbortController().signal;
  using client = clientOf(url, { limits, credentials });
  const remote = remoteCache(client, store, {
    readOnly: false,
    ...options,
    signal,
    onNotice: (notice) => told.push(notice),
  });
  const executor = inProcess({ store, stages: stagesOf(dag), settings: {} });
  const execute: typeof executor.execute = (task, ...rest) => {
    onExecute(task.key);
    return executor.execute(task, ...rest);
  };
  const outcomes = await run(jobs, context, { ...executor, execute, width: 3 }, {
    force: new Set(force),
    signal,
    remote,
    onEvent: (event) => events.push(event),
    onOutcome() {},
  });
  await remote.settled();
  return {
    store,
    outcomes: new Map(outcomes.map((outcome) => [outcome.job.name, outcome])),
    states: Object.fromEntries(
      outcomes.map(({ job, status, from }) => [job.name, from ?? status]),
    ),
    notices: told.map(wordNotice),
    events,
  };
}

/** Counts the jobs that ended in each state. */
export function tally({ states }: Ran): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const state of Object.values(states)) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}

interface Faulty extends AsyncDisposable {
  url: string;
  /** Method and path of each request that came. */
  requests: string[];
}

/**
 * A server before nginx that injects faults: `answer` passes a request on, or does what no server should.
 * A promise that never resolves is a stall.
 */
export function faulty(
  behind: string,
  answer: (request: Request, pass: () => Promise<Response>, n: number) => Promise<Response>,
): Faulty {
  const requests: string[] = [];
  const gone = new AbortController();
  const server = Deno.serve(
    {
      hostname: "127.0.0.1",
      port: 0,
      signal: gone.signal,
      onListen() {},
      onError: () => new Response(null),
    },
    (request) => {
      const { pathname } = new URL(request.url);
      const n = requests.push(`${request.method} ${pathname}`) - 1;
      const pass = async () => {
        const body = request.method === "PUT" ? await request.arrayBuffer() : undefined;
        const { status, body: content, headers } = await fetch(
          new URL(pathname.slice(1), behind),
          { method: request.method, headers: request.headers, body },
        );
        return new Response(content, { status, headers });
      };
      return answer(request, pass, n);
    },
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}/`,
    requests,
    [Symbol.asyncDispose]() {
      // All connections with it: it would wait for a stall to end.
      gone.abort();
      return Promise.resolve();
    },
  };
}

/** A server before another that does not declare the lengths of its answers, as one that compresses them. */
export const withoutLengths = (behind: string): Faulty =>
  faulty(behind, async (_, pass) => {
    const { body, status } = await pass();
    return new Response(body?.pipeThrough(new TransformStream()), { status });
  });

/** Never. */
export const stall = (): Promise<Response> => new Promise(() => {});
