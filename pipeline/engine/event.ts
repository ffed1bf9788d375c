/** Everything that can happen, as data: failures, notices and events. `failed.ts` and `words/` word them. */
import type { Backend } from "../../schemas/run/experiment.ts";
import type { Upcoming } from "../terminal/time_left.ts";

/** An end of a job at Slurm without a result. */
export type Ending =
  | "node"
  | "memory"
  | "time"
  | "preempted"
  | "exit"
  | "cancelled"
  | "dependency"
  | "lost"
  | "unknown";

/** Things that a run has under names: metrics, and verdicts on claims. */
export type Named = "metrics" | "claims";

/** A name, parameter or wiring that cannot be used. */
export type NamingFailure =
  | { reason: "usage"; message: string }
  | {
    reason: "unknown-name";
    what: string;
    name: string;
    known: readonly string[];
    /** Those of the known that were probably meant, where it is known better than from the spelling. */
    meant?: readonly string[];
  }
  | { reason: "no-such-run"; name: string; found: string; known: readonly string[] }
  | { reason: "ambiguous-run"; name: string; known: readonly string[] }
  /** `what`: the part of the job that has another form than `expected`. */
  | { reason: "unfit-declaration"; job: string; what: string; expected: string; found: string }
  /** `data`: both files or directories, where the jobs are own data. */
  | { reason: "duplicate-job"; name: string; data?: readonly string[] }
  | { reason: "duplicate-stage"; name: string }
  | { reason: "unfit-metric-name"; stage: string; problem: string }
  | { reason: "duplicate-name"; kind: Named; name: string; jobs: readonly string[] }
  | { reason: "same-names"; kind: Named; stage: string; jobs: readonly string[] }
  | { reason: "missing-input"; job: string; input: string }
  | { reason: "wrong-wiring"; job: string; input: string; expected: string; found: string }
  | { reason: "cycle"; jobs: readonly string[] }
  | { reason: "invalid-parameters"; job: string; problems: string }
  | { reason: "invalid-resources"; stage: string; problems: string }
  | { reason: "unfit-name"; name: string }
  | { reason: "prototype-name"; job: string }
  | { reason: "unfit-word"; stage: string; what: "input" | "parameter"; name: string }
  | { reason: "long-name"; what: string; name: string; length: number; limit: number }
  | { reason: "same-place"; names: readonly [string, string] }
  | { reason: "not-loaded"; what: string; problem: string }
  | { reason: "no-interval"; problems: string };

/** A file, archive or run on disk that cannot be read or written. */
export type FileFailure =
  | {
    reason: "wrong-path";
    /** The flag or command that the path was given to. */
    what: string;
    expected: "file" | "directory";
    found: "nothing" | "a directory" | "a file" | "a pipe or a device";
    path: string;
    /** Names beside it. */
    known: readonly string[];
  }
  | { reason: "invalid-file"; path: string; problems: string; hint: string }
  | { reason: "damaged-file"; path: string; expected: string; found: string }
  | { reason: "damaged-output"; run: string; file: string; expected: string; found: string }
  /** Neither a run here nor the store has the bytes. `found`: a SHA-256, or why there is none. */
  | { reason: "lost-output"; run: string; file: string; expected: string; found: string }
  | { reason: "not-in-run"; path: string }
  | { reason: "too-large"; path: string; size: number; limit: number }
  | { reason: "bad-archive"; path: string; problem: string }
  | {
    /** An archive leaves out what the store does not have either. */
    reason: "left-out";
    path: string;
    /** Paths within the run, and their bytes together. */
    files: readonly string[];
    bytes: number;
    experiment: string;
    /** The jobs that give them. */
    jobs: readonly string[];
  }
  | { reason: "run-exists"; run: string }
  /** A run whose needs are not known. */
  | { reason: "unreadable-run"; run: string; path: string; problem: string }
  | { reason: "unfit-directory"; path: string }
  | { reason: "file-exists"; path: string }
  | { reason: "not-printed"; message: string }
  | { reason: "not-written"; path: string; problem: string; hint?: string }
  | { reason: "not-opened"; program: string; address: string }
  | { reason: "port-in-use"; port: number };

/** An end of a job without a result, or an input or output that cannot be used. */
export type JobFailure =
  | {
    reason: "job-failed";
    job: string;
    message: string;
    /** Places in the project's files, the innermost first: "at stages/x.ts:3:9". */
    trace?: readonly string[];
    /** The path of what it printed. */
    log?: string;
  }
  | { reason: "unfit-output"; stage: string; output: string; problem: string }
  | { reason: "job-skipped"; job: string; because: readonly string[] }
  | { reason: "interrupted"; job: string }
  /** `left`: jobs that had not begun. `log`: the run's log of events. */
  | { reason: "run-interrupted"; stopped: number; left: number; log: string }
  | { reason: "stopped"; step: number }
  | { reason: "premature"; input: string }
  | { reason: "damaged-blob"; sha256: string; found: string; movedTo?: string }
  | { reason: "missing-blob"; sha256: string }
  | { reason: "unreadable-input"; input: string; problem: string }
  | { reason: "unreadable-output"; job: string; output: string; problem: string }
  | { reason: "input-changed"; input: string; sha256: string }
  | { reason: "read-changed"; path: string }
  | { reason: "data-outside"; path: string }
  /** `near`: a name beside it that was probably meant. */
  | {
    reason: "data-unusable";
    kind: "file" | "directory";
    path: string;
    problem: string;
    near?: string;
  }
  | { reason: "data-changed"; path: string }
  | { reason: "store-in-use" }
  | { reason: "no-backend"; accepted: readonly Backend[] };

/** Code that cannot enter a key, or reaches for what it does not declare. */
export type CodeFailure =
  | {
    reason: "package-edited";
    package: string;
    path: string;
    how: "changed" | "added" | "removed";
    /** The file that says what it was before. */
    remembered: string;
  }
  | { reason: "missing-code"; stage: string; sha256: string }
  | { reason: "damaged-code"; stage: string; path: string; sha256: string; found: string }
  | { reason: "not-declared"; stage: string; what: string; target: string }
  | { reason: "unbundled-import"; stage: string; specifier: string }
  | { reason: "impure-import"; stage: string; specifier: string; path: string }
  | { reason: "unknown-import-form"; stage: string; path: string; type?: string }
  | { reason: "computed-import"; stage: string; places: readonly string[] }
  | { reason: "code-unreadable"; stage: string; message: string };

/** A program that is a stage, which did not do its part. */
export type ProgramFailure =
  | {
    reason: "program-forbidden";
    stage: string;
    /** The permission set of `deno.json`, the programs that it lists, and those that are missing there. */
    set: string;
    found: readonly string[];
    missing: readonly string[];
  }
  | { reason: "program-absent"; stage: string; absent: readonly string[] }
  | {
    reason: "no-version";
    stage: string;
    name: string;
    command: readonly string[];
    problem: string;
  }
  | {
    reason: "program-ended";
    command: readonly string[];
    /** Absent if the shell that starts it was killed. */
    code?: number;
    /** The end of what it printed. */
    printed: string;
  }
  | { reason: "program-limit"; command: readonly string[]; minutes: number; stage: string }
  | {
    reason: "program-memory";
    command: readonly string[];
    /** In MiB. */
    memory: number;
    found: number;
    stage: string;
  }
  | {
    reason: "no-output-file";
    output: string;
    path: string;
    /** Kind of what is there instead: "directory", "link to /etc/passwd"; absent of nothing. */
    kind?: string;
    /** Other files that it left. */
    found: readonly string[];
  }
  | { reason: "unreadable-file"; output: string; path: string; problem: string };

/** A remote store or a Slurm cluster that did not do its part. */
export type ElsewhereFailure =
  | { reason: "remote-failed"; url: string; problem: string }
  | { reason: "not-in-remote"; url: string; run: string }
  /** `problem` ends "the run is not whole: …". */
  | { reason: "damaged-in-remote"; url: string; run: string; problem: string }
  | { reason: "other-run-in-remote"; url: string; run: string }
  | { reason: "no-slurm"; program: string }
  | {
    reason: "slurm-refused";
    program: string;
    message: string;
    /** Jobs of the submission that Slurm has all the same; absent if it was no submission. */
    left?: readonly string[];
  }
  | { reason: "slurm-busy"; program: string; message: string; seconds: number }
  | { reason: "slurm-ended"; id: string; node?: string; how: Ending; detail: string }
  | { reason: "other-machine"; node: string; fact: string; expected: string; found: string }
  | { reason: "with-slurm"; run: string };

/** A reason why something could not be done. */
export type Failure =
  | NamingFailure
  | FileFailure
  | JobFailure
  | CodeFailure
  | ProgramFailure
  | ElsewhereFailure;

/** A message for the user while the work goes on. */
export type Notice =
  | { reason: "stage-notice"; job: string; message: string }
  | { reason: "cache-file-reset"; path: string; message: string }
  | { reason: "package-recorded-again"; package: string; path: string; message: string }
  /** `problem` ends "its entry …". */
  | { reason: "action-unusable"; job: string; problem: string }
  | { reason: "output-lost"; job: string; output: string; sha256: string }
  | { reason: "made-again"; path: string; isWritten: boolean }
  /** `found`: the SHA-256 of a run's own file, or why there is none. */
  | { reason: "output-from-store"; path: string; found: string }
  | { reason: "run-not-whole"; run: string; message: string }
  | { reason: "copied"; path: string; message: string }
  | { reason: "own-result-kept"; job: string }
  | { reason: "remote-result-kept"; job: string }
  | { reason: "not-reproducible"; job: string; outputs: readonly string[] }
  | { reason: "set-aside"; sha256: string; path: string }
  /** `isOurs` where this process computes it, for another job of the same key. */
  | { reason: "waiting-for-lock"; job: string; pid?: number; isOurs?: boolean }
  | { reason: "backend-fallback"; wanted: Backend; used: Backend }
  | { reason: "software-adapter"; adapter: string }
  | { reason: "not-in-report"; message: string }
  | { reason: "no-report"; message: string }
  | { reason: "no-log"; message: string }
  | { reason: "not-registered"; store: string; message: string }
  | { reason: "not-latest"; run: string; message: string }
  | {
    reason: "remote";
    url: string;
    problem: string;
    then:
      | "left-alone"
      | "not-written"
      | "computed"
      | "not-stored"
      | "not-used"
      | "not-asked"
      | "replaced";
  }
  | { reason: "store-being-cleaned" }
  | { reason: "commit-unknown"; message: string }
  | { reason: "slurm-silent"; message: string }
  | { reason: "slurm-busy"; program: string; message: string; seconds: number }
  | { reason: "slurm-twin"; job: string; id: string; other: string }
  | { reason: "slurm-holds"; job: string; id: string; because: string };

/** A wording of each kind of a failure or notice. */
export type Words<T extends { reason: string }> = {
  readonly [Reason in T["reason"]]: (value: Extract<T, { reason: Reason }>) => string;
};

export type Event =
  | { type: "failure"; failure: Failure }
  | { type: "notice"; notice: Notice }
  /** `width`: jobs that can run side by side. Replicates announce the jobs of all seeds at once. */
  | { type: "begun"; jobs: readonly Upcoming[]; width: number }
  /** `why`: the reasons why it runs, in words. */
  | { type: "started"; job: string; about: string; why?: readonly string[] }
  | { type: "progress"; job: string; done: number; total: number; unit: string }
  | { type: "measured"; job: string; metric: string; step: number; value: number }
  | {
    type: "success";
    reason: "ran" | "cached";
    job: string;
    seconds: number;
    /** The origin of a cached result, if not the store here. */
    from?: "remote";
  }
  /** Work that was started and is no job of a run, as grading one submission of a class, is over. */
  | { type: "ended"; job: string };
