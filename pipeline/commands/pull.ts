/** `pull`: brings a run from a remote store into this one, or says why not and changes nothing. */
import { Failed } from "../engine/failed.ts";
import { pullRun } from "../remote/pull_run.ts";
import { bytes, count } from "../terminal/numbers.ts";
import { printSentences } from "../terminal/print.ts";
import { printJson } from "../terminal/print_json.ts";
import { isReserved, RunId } from "../../schemas/run/manifest.ts";
import { tellOtherProject } from "./other_project.ts";
import { exchange, exchangeFlags } from "./exchange.ts";
import { defineViewer } from "./flags/flags.ts";
import { neededRemote } from "./flags/remote_flags.ts";

export const command = defineViewer({
  about: "copies a run from a remote store after verifying every byte",
  operands: {
    least: 1,
    most: 1,
    text: "ID",
    about: 'ID is the whole id of a run, as "runs" lists it where it was pushed.',
  },
  flags: exchangeFlags,
  async look(place, { operands: [run], json, ...given }, load) {
    const remote = neededRemote("pull", given);
    if (!RunId.safeParse(run).success || isReserved(run)) {
      const message =
        `pull expects the whole id of a run, as 20260102T030405Z-quick, found "${run}".`;
      throw new Failed({ reason: "usage", message });
    }
    const pulled = await exchange(
      { task: "pull", about: `bringing ${run} from`, remote },
      (client, listener) => pullRun(place.artifacts, run, client, listener),
    );
    await tellOtherProject(place, run, load);
    const { jobs, artifacts: contents, added, isNew } = pulled;
    const what = `${count(jobs, "job")}, ${count(contents, "artifact")}, ${bytes(pulled.bytes)}`;
    if (json) printJson(pulled);
    else {
      printSentences(
        `${isNew ? "Pulled" : "Was here already:"} the run ${run}: ${what}; ` +
          `${added} of the artifacts new to the store.`,
      );
    }
    return 0;
  },
});
