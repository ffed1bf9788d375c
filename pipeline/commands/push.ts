/** `push`: brings a run into a remote store. */
import { openConsole } from "../terminal/progress.ts";
import type { Project } from "../engine/project/project.ts";
import type { RemoteOptions } from "../remote/address.ts";
import { connect } from "../remote/client.ts";
import { explaining } from "../remote/remote_failure.ts";
import { pushRun } from "../remote/push_run.ts";
import { recordedRun } from "../runs/open_run.ts";
import { bytes, count } from "../terminal/numbers.ts";
import { jsonLines } from "../terminal/escaped_json.ts";
import { print } from "../terminal/print.ts";
import { defineCommand, value } from "./flags.ts";
import { json, neededRemote, redirecting, runs } from "./shared_flags.ts";

export const command = defineCommand({
  about: "copies a run to a remote store: record, results and artifacts",
  operands: runs(1, 1, "RUN"),
  flags: { remote: value("URL", "the remote store"), ...redirecting, json },
  run(project, { operands: [run], json, ...given }) {
    return push(project, { run, remote: neededRemote("push", given), json });
  },
});

async function push(
  { artifacts }: Project,
  { run, remote, json }: { run: string; remote: RemoteOptions; json: boolean },
): Promise<number> {
  const { id } = recordedRun(artifacts, run);
  using client = connect(remote.address);
  using view = openConsole();
  const onProgress = view.task("push", `bringing ${id} to ${client.url}`, "bytes");
  const pushed = await explaining(
    client.url,
    () => pushRun(artifacts, id, client, { onProgress, onNotice: view.notice }),
  );
  view.close();
  print(
    json
      ? jsonLines(pushed)
      : `Pushed the run ${id}: ${count(pushed.jobs, "job")}, ${count(pushed.blobs, "blob")}, ` +
        `${bytes(pushed.bytes)}; ${pushed.sent} of the blobs, ${bytes(pushed.sentBytes)}, were ` +
        `not there yet.`,
  );
  return 0;
}
