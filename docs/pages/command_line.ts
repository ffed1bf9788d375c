/** Makes docs/command-line.md from the help of every command and program. */
import { loadAll, loadSubjects } from "../../pipeline/commands/mod.ts";
import { helpOf, overview } from "../../pipeline/commands/usage/help.ts";
import config from "../../deno.json" with { type: "json" };

const commands = await loadAll();

/** Tasks of this repository whose programs have flags of their own. */
export const programs = [
  "test",
  "bench",
  "rates",
  "torture",
  "planted",
  "cluster",
  "expected",
  "docs",
  "ok",
] as const;

/** The `--help` of a program of this repository. */
export async function programHelp(name: (typeof programs)[number]): Promise<string> {
  const [deno, ...args] = config.tasks[name].command.split(" ");
  const output = await new Deno.Command(deno, { args: [...args, "--help"] }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trimEnd();
  if (output.success) return text(output.stdout);
  throw new Error(`${name} --help failed: ${text(output.stderr)}`);
}

const block = (text: string): string => `\`\`\`text\n${text}\n\`\`\``;

export async function commandLinePage(): Promise<string> {
  const helps = await Promise.all(programs.map(programHelp));
  return [
    "# Command line",
    "<!-- `deno task docs` writes this page. -->",
    "Each command is a task: `deno task plan`. This page has the `--help` of each. " +
    "A project of your own has the same commands. `deno task install` installs them as one command: " +
    "`fanin plan` runs the task of the project that you are in, `fanin -C DIR plan` of another. " +
    "`source <(fanin completions bash)` completes commands, flags, runs, jobs, parameters and experiments; `zsh` " +
    "and `fish` do too.",
    block(overview(await loadSubjects()).join("\n")),
    "Exit codes: 0, as expected. 1, it ran, and a result differs or a claim is undecided. 2, it could not run. 3, `plan` found " +
    "jobs that would run. 130, 143 or " +
    "129, it was interrupted by Ctrl-C, by `kill`, or by a closed terminal. Relative paths count " +
    "from the directory where you are.",
    "`reproduce`, `plan`, `grade`, `replicate` and `audit` take the experiments `assignment` (the default), " +
    "`quick` (every kind of job in less time), `parity` (question 3 from the ten seeds of PyTorch's " +
    "runs) and `fifty` (question 3 for 50 epochs).",
    "Where a command takes a JOB, `/` and `.` are the same. A group means its jobs: `train` or " +
    "`train/*`; and `*` stands for any text: `train/fashion-*`.",
    "`--set train.epochs=5` sets the parameter of each job of the group that the DAG leaves open. " +
    "`--set expressivity.nearest.sets=32` sets one member of an object, and " +
    "`--set 'expressivity.boxes[0].width=0.4'` one of a list. The other members stay. " +
    "`deno task params` prints these names. A value is JSON where the stage takes it, otherwise text.",
    ...Object.entries(commands).flatMap(([name, command]) => [
      `## ${name}`,
      block(helpOf(name, command).join("\n")),
    ]),
    "## Programs of this repository",
    ...helps.map(block),
  ].join("\n\n");
}
