/**
 * Stores and reads checkpoints: the states of a job that works in steps. Each is an action of its own, under
 * the job's record without the number of steps:
 *
 *     … the job's lines but for `until epochs 25` …
 *     checkpoint 17
 *
 * So an interrupted job continues from its last step. A job with more steps than another continues from
 * where that one ended. The stage decides what a state holds.
 */
import { Failed } from "./failed.ts";
import { changedReads } from "./sandbox/discovered_inputs.ts";
import type { StoredCheckpoints } from "./sandbox/services.ts";
import { checkpointLines, type KeyLine, keyOf, recordText } from "./key.ts";
import {
  isWhole,
  putBlob,
  putRecord,
  readAction,
  readBlob,
  type Store,
  writeAction,
} from "../store/store.ts";

/**
 * The checkpoints of one job, in the store. With `force` none is read, and one that comes out otherwise
 * than before is reported. Saving rejects with `stopped` after a state at which the job is to end.
 */
export function checkpointsIn(
  store: Store,
  { stage, root, lines }: { stage: string; root: string; lines: readonly KeyLine[] },
  { force, notice, stop }: {
    force: boolean;
    notice: (message: string) => void;
    /** Asked after each state that was stored; the job ends there if it says so. */
    stop: () => boolean;
  },
): StoredCheckpoints {
  const start = performance.now();
  return {
    readCheckpoint(step) {
      if (force) return undefined;
      const unusable = (problem: string) => {
        notice(`checkpoint ${step} is not used: its entry ${problem}`);
        return undefined;
      };
      const action = readAction(store, keyOf(checkpointLines(lines, step)), unusable);
      if (action === undefined) return undefined;
      if (action.outputs.state === undefined) return unusable("names no state");
      const [changed] = changedReads(action.reads, { table: store.table, root });
      if (changed !== undefined) return unusable(`is of another ${changed.read.path}`);
      if (isWhole(store, action)) {
        const bytes = readBlob(store, action.outputs.state.sha256);
        return { bytes, reads: action.reads ?? [] };
      }
      return unusable("names bytes that are missing or damaged");
    },
    saveCheckpoint(step, bytes, reads) {
      const { sha256: key } = putRecord(store, recordText(checkpointLines(lines, step)));
      const before = readAction(store, key, () => {});
      const state = putBlob(store, bytes);
      if (before !== undefined && before.outputs.state?.sha256 !== state.sha256) {
        notice(`step ${step} gave another state than before: it is not reproducible here`);
      }
      writeAction(store, {
        version: 1,
        key,
        stage,
        outputs: { state },
        ...(reads.length > 0 && { reads: [...reads] }),
        finished: new Date().toISOString(),
        seconds: (performance.now() - start) / 1000,
      });
      if (stop()) throw new Failed({ reason: "stopped", step });
    },
  };
}
