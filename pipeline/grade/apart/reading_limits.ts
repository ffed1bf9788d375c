/** Limits on what reading a submission may take. Jobs that are computed again have their own. */
export interface ReadingLimits {
  seconds: number;
  /** In MiB. */
  memory: number;
}

export const usualLimits: ReadingLimits = { seconds: 120, memory: 2048 };
