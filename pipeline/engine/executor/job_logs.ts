/** Keeps what the stages of a run print, a file for each job, under `logs/` in the run's directory. */
import { dirname, join } from "node:path";
import { shownPath } from "../../terminal/user_path.ts";
import { statOf } from "../../store/existence.ts";

/** Their directory in the run's. */
export const logsDirectory = "logs";

/** Bytes that are kept of one job; what is printed after them is counted and left out. */
const most = 16 << 20;

export interface JobLogs {
  /** Adds text to a job's log. A log that cannot be written stops no job, and is reported once. */
  write(job: string, text: string): void;
  /** Writes at once what is about to be written: a job that has ended has all of its log. */
  flush(): void;
  /** The log's path from where the user stands, if the job has one. */
  pathOf(job: string): string | undefined;
}

/** The path of a job's log within the run's directory. */
export const logOf = (job: string): string => `${logsDirectory}/${job}.log`;

/**
 * The logs of a run in its directory; nothing is made before a job prints. Lines that come at once are written at
 * once, because a stage may print a hundred thousand, and opening the file takes longer than all else with each.
 */
export function openJobLogs(directory: string, onProblem: (message: string) => void): JobLogs {
  const lengths = new Map<string, number>();
  const gathered = new Map<string, string[]>();
  let works = true;
  const fileOf = (job: string) => join(directory, logOf(job));
  const append = (job: string, text: string) => {
    const length = lengths.get(job) ?? 0;
    if (!works || length > most) return;
    const path = fileOf(job);
    const isFull = length + text.length > most;
    try {
      if (length === 0) Deno.mkdirSync(dirname(path), { recursive: true });
      const kept = isFull ? `${text.slice(0, most - length)}\n… the rest is left out\n` : text;
      Deno.writeTextFileSync(path, kept, { append: true });
      lengths.set(job, isFull ? Infinity : length + text.length);
    } catch (error) {
      works = false;
      onProblem((error as Error).message);
    }
  };
  const flush = () => {
    const texts = [...gathered];
    gathered.clear();
    for (const [job, pieces] of texts) append(job, pieces.join(""));
  };
  return {
    write(job, text) {
      if (gathered.size === 0) setTimeout(flush);
      const pieces = gathered.get(job);
      if (pieces === undefined) gathered.set(job, [text]);
      else pieces.push(text);
    },
    flush,
    pathOf(job) {
      flush();
      const path = fileOf(job);
      return statOf(path) && shownPath(path);
    },
  };
}
