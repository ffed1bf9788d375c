/** `push`: brings a run into a remote store. */
import { pushRun } from "../remote/push_run.ts";
import { recordedRun } from "../runs/open_run.ts";
import { bytes, count } from "../terminal/numbers.ts";
import { printSentences } from "../terminal/print.ts";
import { printJson } from "../terminal/print_json.ts";
import { exchange, exchangeFlags } from "./exchange.ts";
import { defineViewer } from "./flags/flags.ts";
import { runOfProject } from "./flags/shared_flags.ts";
import { neededRemote } from "./flags/remote_flags.ts";

export const command = defineViewer({
  about: "copies a run to a remote store: record, results and artifacts",
  operands: runOfProject,
  flags: exchangeFlags,
  async look({ artifacts }, { operands: [run], json, ...given }) {
    const remote = neededRemote("push", given);
    const { id } = recordedRun(artifacts, run);
    const pushed = await exchange(
      { task: "push", about: `bringing ${id} to`, remote },
      (client, listener) => pushRun(artifacts, id, client, listener),
    );
    if (json) printJson(pushed);
    else {
      printSentences(
        `Pushed the run ${id}: ${count(pushed.jobs, "job")}, ${count(pushed.blobs, "blob")}, ` +
          `${bytes(pushed.bytes)}, of which ${pushed.sent} (${bytes(pushed.sentBytes)}) ` +
          `${pushed.sent === 1 ? "was" : "were"} sent.`,
      );
    }
    return 0;
  },
});
