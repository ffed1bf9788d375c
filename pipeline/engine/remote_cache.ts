/**
 * What a store can lie behind: a second level, which is asked for a job's result where the store has
 * none, and is handed what was computed. Its making is left to `remote/`; a run goes on without it
 * whatever happens to it.
 */
import type { Action } from "../../schemas/run/action.ts";
import type { KeyedJob } from "./plan.ts";

export interface SecondLevel {
  /**
   * Brings the result of a job into the store, if there is one; says whether it has. `onProgress` hears of
   * bytes once it is known that something comes.
   */
  fetch(known: KeyedJob, onProgress: (done: number, total: number) => void): Promise<boolean>;
  /** Takes a stored result, and returns at once. */
  store(action: Action): void;
  /** Fulfilled when nothing is on its way any more. */
  settled(): Promise<void>;
}
