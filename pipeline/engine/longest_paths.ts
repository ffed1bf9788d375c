/** Computes how long each job, and what waits for it, still takes: the longest path through the DAG. */

/** Seconds that a job of unknown time counts as. */
const UNKNOWN = 1;

/**
 * Job → seconds from its beginning to the end of the longest chain of jobs that need it. `jobs` are in an
 * order in which they can run; `seconds` are those that one took before.
 */
export function longestPaths(
  jobs: readonly { job: string; needs: Iterable<string>; seconds?: number }[],
): Map<string, number> {
  const paths = new Map<string, number>();
  const after = new Map<string, number>();
  for (const { job, needs, seconds = UNKNOWN } of jobs.toReversed()) {
    const path = seconds + (after.get(job) ?? 0);
    paths.set(job, path);
    for (const need of needs) after.set(need, Math.max(path, after.get(need) ?? 0));
  }
  return paths;
}
