/** Slurm's commands as shell scripts that give recorded answers, each with its exit code. */
import { join } from "node:path";
import type { Failure, Notice } from "../../pipeline/engine/event.ts";
import { token } from "../fixtures/recorded_slurm/token.ts";
import { fixtures } from "./checkout.ts";
import { workspace } from "./workspace.ts";
import { deno, permissions } from "./deno_command.ts";
import { quoted } from "./shell.ts";
import { ifThere } from "../../pipeline/store/existence.ts";

/** Output of a command, and its exit code. */
export interface Recorded {
  out?: string;
  err?: string;
  code?: number;
}

type Command = "sbatch" | "squeue" | "scancel" | "scontrol";

export interface Case {
  operation?: "submit" | "withdraw" | "cancel" | "isRunning" | "requeue" | "follow";
  /** Jobs that are submitted, each waiting for the one before. */
  jobs?: number;
  /** Time for which calls to a busy controller are repeated, by default long enough for all answers. */
  seconds?: number;
  /** Answers in turn; the last one is given from then on. None: succeeds and says nothing. */
  answers: Partial<Record<Command, Recorded[]>>;
}

export interface Outcome {
  value?: unknown;
  failure?: Failure;
  message?: string;
  notices: Notice[];
  /** The commands that were called, each with its arguments. */
  calls: string[];
}

/** A line of squeue's answer for a job of the submission, by the rest of its comment. */
export const listed = (id: string, name: string, state = "PENDING", reason = "None"): string =>
  `${id}|${state}|${reason}|node1|fanin:${token}:${name}\n`;

/** Starts no other program, so that a thousand calls take seconds. */
const fake = `#!/bin/sh
name=\${0##*/}
commands=\${0%/*}
read -r number <"$commands/../case"
place=$commands/answers/$number
n=0
[ ! -e "$place/$name" ] || read -r n <"$place/$name"
n=$((n + 1))
echo $n >"$place/$name"
echo "$name $*" >>"$place/calls"
while [ $n -gt 0 ] && [ ! -e "$place/$name.$n" ]; do n=$((n - 1)); done
[ $n -gt 0 ] || exit 0
. "$place/$name.$n"
`;

const printing = (text: string): string => `printf %s ${quoted(text)}`;

/** Tries each case, in one process with these environment variables. */
export async function recordedOutcomes(
  cases: readonly Case[],
  env: Record<string, string> = {},
): Promise<Outcome[]> {
  await using place = await workspace();
  const commands = join(place.path, "commands");
  await Deno.mkdir(commands);
  for (const name of ["sbatch", "squeue", "scancel", "scontrol"]) {
    await Deno.writeTextFile(join(commands, name), fake, { mode: 0o755 });
  }
  const placeOf = (number: number) => join(commands, "answers", String(number));
  for (const [number, { answers }] of cases.entries()) {
    await Deno.mkdir(placeOf(number), { recursive: true });
    for (const [name, given] of Object.entries(answers)) {
      for (const [i, { out = "", err = "", code = 0 }] of given.entries()) {
        const answer = `${printing(out)}\n${printing(err)} >&2\nexit ${code}\n`;
        await Deno.writeTextFile(join(placeOf(number), `${name}.${i + 1}`), answer);
      }
    }
  }
  const file = join(place.path, "cases.json");
  await Deno.writeTextFile(
    file,
    JSON.stringify(
      cases.map(({ operation = "submit", jobs = 1, seconds = 60 }) => ({
        operation,
        jobs,
        seconds,
      })),
    ),
  );
  const cli = join(fixtures, "recorded_slurm", "cli.ts");
  const { code, out, err } = await deno(["run", "--frozen", ...permissions, cli, file], {
    PATH: `${commands}:/usr/bin:/bin`,
    ...env,
  });
  if (code !== 0) throw new Error(err);
  return (JSON.parse(out) as Omit<Outcome, "calls">[]).map((outcome, number) => {
    return { ...outcome, calls: linesOf(join(placeOf(number), "calls")) };
  });
}

const linesOf = (path: string): string[] =>
  ifThere(() => Deno.readTextFileSync(path).trimEnd().split("\n")) ?? [];
