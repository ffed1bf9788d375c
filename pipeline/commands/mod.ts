/** The commands by subject. Each is declared beside its work and loaded when it is given. */
import type { Command, Viewer } from "./flags/flags.ts";
import type { Subject } from "./usage/help.ts";

type Either = Command | Viewer;
type Load = () => Promise<Either>;

/** Title → the commands of a subject by name, in the order of the help. */
const subjects: Readonly<Record<string, Readonly<Record<string, Load>>>> = {
  "Run experiments": {
    reproduce: async () => (await import("./reproduce.ts")).command,
    plan: async () => (await import("./plan.ts")).command,
    replicate: async () => (await import("./replicate.ts")).command,
    audit: async () => (await import("./audit.ts")).command,
    attach: async () => (await import("./attach.ts")).command,
  },
  "Look at runs": {
    runs: async () => (await import("./look/runs.ts")).command,
    show: async () => (await import("./look/show.ts")).command,
    metrics: async () => (await import("./look/metrics_of_runs.ts")).command,
    params: async () => (await import("./look/params.ts")).command,
    why: async () => (await import("./look/why.ts")).command,
    dag: async () => (await import("./look/draw_dag.ts")).command,
    cat: async () => (await import("./look/cat.ts")).command,
    report: async () => (await import("./report.ts")).command,
  },
  "Compare and grade": {
    diff: async () => (await import("./diff.ts")).command,
    reference: async () => (await import("./reference.ts")).command,
    grade: async () => (await import("./grade.ts")).command,
    autograder: async () => (await import("./autograder.ts")).command,
  },
  "Keep and share": {
    verify: async () => (await import("./verify.ts")).command,
    gc: async () => (await import("./gc.ts")).command,
    export: async () => (await import("./export.ts")).command,
    import: async () => (await import("./import.ts")).command,
    push: async () => (await import("./push.ts")).command,
    pull: async () => (await import("./pull.ts")).command,
  },
  "Begin": {
    new: async () => (await import("./new.ts")).command,
    install: async () => (await import("./usage/install.ts")).command,
    completions: async () => (await import("./usage/completions.ts")).command,
  },
  "Called by fanin itself": {
    job: async () => (await import("./run_ticket.ts")).command,
    rerun: async () => (await import("./audit_rerun.ts")).command,
  },
};

export const commands: Readonly<Record<string, Load>> = Object.assign(
  {},
  ...Object.values(subjects),
);

/** Words of other tools → the commands that do the same here. */
export const synonyms: Readonly<Record<string, readonly string[]>> = {
  run: ["reproduce"],
  repro: ["reproduce"],
  build: ["reproduce"],
  make: ["reproduce"],
  status: ["plan", "runs"],
  list: ["runs"],
  ls: ["runs"],
  log: ["runs"],
  history: ["runs"],
  info: ["show"],
  inspect: ["show"],
  parameters: ["params"],
  graph: ["dag"],
  explain: ["why"],
  print: ["cat", "show"],
  compare: ["diff"],
  score: ["grade"],
  check: ["verify", "plan"],
  fsck: ["verify"],
  clean: ["gc"],
  prune: ["gc"],
  init: ["new"],
  create: ["new"],
  upload: ["push"],
  download: ["pull"],
};

/** All commands, for the help and the documents. */
export const loadAll = async (): Promise<Record<string, Either>> =>
  Object.assign({}, ...(await loadSubjects()).map(({ commands }) => commands));

/** The same by subject. */
export const loadSubjects = (): Promise<(Subject & { commands: Record<string, Either> })[]> =>
  Promise.all(
    Object.entries(subjects).map(async ([title, loads]) => ({
      title,
      commands: Object.fromEntries(
        await Promise.all(
          Object.entries(loads).map(async ([name, load]) => [name, await load()] as const),
        ),
      ),
    })),
  );
