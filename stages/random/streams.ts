/**
 * Gives each purpose of a seed streams of random numbers of its own, so that no two jobs draw the same
 * ones. In numpy the stream is
 *
 *     default_rng(SeedSequence(seed, spawn_key=(number of the purpose, index)))
 *
 * and for the draws of the WebAssembly kernel `Generator(SFC64(...))` of the same sequence. The number
 * is the 32-bit FNV-1a hash of the purpose's name in UTF-8, such as 0x811c9dc5 of an empty one. A hash
 * stays the same when other purposes come or go.
 */
import { SeedSequence } from "./seed_sequence.ts";

/** The first entry of a purpose's spawn keys (G. Fowler, L. C. Noll, P. Vo, 1991). */
export function purposeNumber(purpose: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(purpose)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** Stream `index` of a purpose; `purpose` names a job's draws and, where jobs share a stage, the job. */
export const streamOf = (seed: number, purpose: string, index = 0): SeedSequence =>
  new SeedSequence(seed, [purposeNumber(purpose), index]);
