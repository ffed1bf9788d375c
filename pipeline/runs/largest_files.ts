/** Caps on the files of a run. */

/** In bytes; a larger file is refused. */
export const largest = {
  // A job takes 2 to 3 kB.
  manifest: 64 << 20,
  metrics: 4 << 20,
  claims: 32 << 20,
  output: 1 << 30,
} as const;
