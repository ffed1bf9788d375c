/** `pull`: brings a run from a remote store into this one, or says why not and changes nothing. */
import { openConsole } from "../terminal/progress.ts";
import { Failed } from "../engine/failed.ts";
import type { Project } from "../engine/project/project.ts";
import type { RemoteOptions } from "../remote/address.ts";
import { connect } from "../remote/client.ts";
import { explaining } from "../remote/remote_failure.ts";
import { pullRun } from "../remote/pull_run.ts";
import { bytes, count } from "../terminal/numbers.ts";
import { jsonLines } from "../terminal/escaped_json.ts";
import { print } from "../terminal/print.ts";
import { isReserved, RunId } from "../../schemas/run/manifest.ts";
import { defineCommand, value } from "./flags.ts";
import { json, neededRemote, redirecting } from "./shared_flags.ts";

export const command = defineCommand({
  about: "copies a run from a remote store after verifying every byte",
  operands: { least: 1, most: 1, text: "RUN" },
  flags: { remote: value("URL", "the remote store"), ...redirecting, json },
  run(project, { operands: [run], json, ...given }) {
    return pull(project, { run, remote: neededRemote("pull", given), json });
  },
});

async function pull(
  { artifacts }: Project,
  { run, remote, json }: { run: string; remote: RemoteOptions; json: boolean },
): Promise<number> {
  if (!RunId.safeParse(run).success || isReserved(run)) {
    const message =
      `pull expects the whole id of a run, as 20260102T030405Z-quick, found "${run}".`;
    throw new Failed({ reason: "usage", message });
  }
  using client = connect(remote.address);
  using view = openConsole();
  const onProgress = view.task("pull", `bringing ${run} from ${client.url}`, "bytes");
  const pulled = await explaining(
    client.url,
    () => pullRun(artifacts, run, client, { onProgress, onNotice: view.notice }),
  );
  view.close();
  const { jobs, artifacts: contents, added, isNew } = pulled;
  const what = `${count(jobs, "job")}, ${count(contents, "artifact")}, ${bytes(pulled.bytes)}`;
  print(
    json
      ? jsonLines(pulled)
      : `${isNew ? "Pulled" : "Was here already:"} the run ${run}: ${what}; ` +
        `${added} of the artifacts new to the store.`,
  );
  return 0;
}
