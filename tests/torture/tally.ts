/** Counts faults by kind, and what the torture found. */

export interface Tally {
  /** Kind of fault → how many were made. */
  faults: Record<string, number>;
  /** Runs that ended with exit code 0 and were compared with the undisturbed one. */
  compared: number;
  /** Outputs of completed runs that differ from the undisturbed run's. */
  wrong: string[];
  /** Finished work that was done again. */
  lost: string[];
  /** Broken promises found in a store. */
  broken: string[];
  /** Commands that ended in another way than they should have. */
  failed: string[];
  /** Parts that did not run here, each with the reason. */
  notRun: string[];
}

export const newTally = (): Tally => ({
  faults: {},
  compared: 0,
  wrong: [],
  lost: [],
  broken: [],
  failed: [],
  notRun: [],
});

export function countFault({ faults }: Tally, kind: string, number = 1): void {
  faults[kind] = (faults[kind] ?? 0) + number;
}

export function addTally(sum: Tally, part: Tally): void {
  for (const [kind, number] of Object.entries(part.faults)) countFault(sum, kind, number);
  sum.compared += part.compared;
  for (const list of ["wrong", "lost", "broken", "failed", "notRun"] as const) {
    sum[list].push(...part[list]);
  }
}

export const isClean = ({ wrong, lost, broken, failed }: Tally): boolean =>
  [wrong, lost, broken, failed].every((list) => list.length === 0);

/** Random numbers from a seed (mulberry32), so that a round can be had again. */
export function randomFrom(
  seed: number,
): { below(n: number): number; one<T>(of: readonly T[]): T } {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const below = (n: number) => Math.floor(next() * n);
  return { below, one: (of) => of[below(of.length)] };
}
export type Random = ReturnType<typeof randomFrom>;
