/** The commands by name. Each is declared beside its work and loaded when it is given. */
import type { Command } from "./flags.ts";

type Load = () => Promise<Command>;

export const commands: Readonly<Record<string, Load>> = {
  reproduce: async () => (await import("./reproduce.ts")).command,
  attach: async () => (await import("./attach.ts")).command,
  plan: async () => (await import("./plan.ts")).command,
  runs: async () => (await import("./runs.ts")).command,
  diff: async () => (await import("./diff.ts")).command,
  reference: async () => (await import("./reference.ts")).command,
  report: async () => (await import("./report.ts")).command,
  grade: async () => (await import("./grade.ts")).command,
  replicate: async () => (await import("./replicate.ts")).command,
  audit: async () => (await import("./audit.ts")).command,
  verify: async () => (await import("./verify.ts")).command,
  gc: async () => (await import("./gc.ts")).command,
  export: async () => (await import("./export.ts")).command,
  import: async () => (await import("./import.ts")).command,
  push: async () => (await import("./push.ts")).command,
  pull: async () => (await import("./pull.ts")).command,
  new: async () => (await import("./new.ts")).command,
  job: async () => (await import("./run_ticket.ts")).command,
  rerun: async () => (await import("./audit_rerun.ts")).command,
};

/** All commands, for the help and the documents. */
export const loadAll = async (): Promise<Record<string, Command>> =>
  Object.fromEntries(
    await Promise.all(
      Object.entries(commands).map(async ([name, load]) => [name, await load()] as const),
    ),
  );
