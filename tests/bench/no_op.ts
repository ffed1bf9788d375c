/**
 * Measures a run in which nothing changed, beside ninja, make, doit and snakemake if they are installed.
 * All build the same binary tree of small jobs from files of their own, in one run, alternating.
 */
import { join } from "node:path";
import { root } from "../support/checkout.ts";
import { fromRoot } from "../support/workspace.ts";
import { median, timed } from "./timing.ts";

const sizes = [8, 100, 1000, 10_000];
const repeats = 7;
/** Beyond this, snakemake's first build takes many minutes. */
const snakemakeLimit = 1000;

interface Tool {
  name: string;
  limit: number;
  /** Writes the tool's files into `directory`; the command then builds, or finds nothing to do. */
  prepare(directory: string, size: number): Promise<string[]>;
}

const parent = (i: number) => (i - 1) >> 1;
const jobs = (size: number) => Array.from({ length: size }, (_, i) => i);

/** Each job copies its parent's file; the first one copies `seed`. */
const inputOf = (i: number) => i === 0 ? "seed" : `out-${parent(i)}`;

const write = (directory: string, name: string, text: string) =>
  Deno.writeTextFile(join(directory, name), text);

const tools: Tool[] = [
  {
    name: "fanin",
    limit: Infinity,
    prepare: (directory, size) =>
      Promise.resolve([
        "deno",
        "run",
        "--frozen",
        "--allow-read=.",
        `--allow-write=${fromRoot(directory)}`,
        "--allow-env",
        "--allow-sys",
        "--allow-run=git",
        join(root, "tests", "bench", "synthetic", "synthetic_cli.ts"),
        directory,
        String(size),
        "reproduce",
      ]),
  },
  {
    name: "ninja",
    limit: Infinity,
    async prepare(directory, size) {
      const builds = jobs(size).map((i) => `build out-${i}: copy ${inputOf(i)}`);
      await write(directory, "seed", "1");
      await write(
        directory,
        "build.ninja",
        `rule copy\n  command = cp $in $out\n${builds.join("\n")}\n`,
      );
      return ["ninja", "-C", directory, "--quiet"];
    },
  },
  {
    name: "make",
    limit: Infinity,
    async prepare(directory, size) {
      const rules = jobs(size).map((i) => `out-${i}: ${inputOf(i)}\n\tcp $< $@`);
      const all = jobs(size).map((i) => `out-${i}`).join(" ");
      await write(directory, "seed", "1");
      await write(directory, "Makefile", `all: ${all}\n${rules.join("\n")}\n`);
      return ["make", "-s", "-C", directory];
    },
  },
  {
    name: "doit",
    limit: Infinity,
    async prepare(directory, size) {
      await write(directory, "seed", "1");
      await write(
        directory,
        "dodo.py",
        `import shutil
def copy(a, b): shutil.copyfile(a, b)
def task_out():
    for i in range(${size}):
        a = 'seed' if i == 0 else f'out-{(i - 1) >> 1}'
        yield {'name': str(i), 'file_dep': [a], 'targets': [f'out-{i}'], 'actions': [(copy, [a, f'out-{i}'])]}
`,
      );
      return ["doit", "-d", directory, "-f", join(directory, "dodo.py"), "-v", "0"];
    },
  },
  {
    name: "snakemake",
    limit: snakemakeLimit,
    async prepare(directory, size) {
      const rules = jobs(size).map((i) =>
        `rule r${i}:\n    input: "${inputOf(i)}"\n    output: "out-${i}"\n` +
        `    shell: "cp {input} {output}"`
      );
      const all = jobs(size).map((i) => `"out-${i}"`).join(", ");
      await write(directory, "seed", "1");
      await write(directory, "Snakefile", `rule all:\n    input: ${all}\n${rules.join("\n")}\n`);
      const file = join(directory, "Snakefile");
      return ["snakemake", "--directory", directory, "-s", file, "-c2", "--quiet"];
    },
  },
];

async function installed(command: string): Promise<boolean> {
  try {
    return (await new Deno.Command(command, { args: ["--version"], stdout: "null", stderr: "null" })
      .output()).success;
  } catch {
    return false;
  }
}

export async function benchNoOp(): Promise<Record<string, unknown>[]> {
  const present: Tool[] = [];
  for (const tool of tools) {
    if (tool.name === "fanin" || await installed(tool.name)) present.push(tool);
    else console.error(`${tool.name} is not installed; left out`);
  }
  const rows: Record<string, unknown>[] = [];
  await Deno.mkdir(join(root, "artifacts", "bench"), { recursive: true });
  for (const size of sizes) {
    const ready: { name: string; command: string[]; times: number[] }[] = [];
    const directories: string[] = [];
    try {
      for (const tool of present.filter((tool) => size <= tool.limit)) {
        const directory = await Deno.makeTempDir({ dir: join(root, "artifacts", "bench") });
        directories.push(directory);
        const command = await tool.prepare(directory, size);
        console.error(`${size} jobs: first build by ${tool.name}`);
        await timed(command);
        ready.push({ name: tool.name, command, times: [] });
      }
      // Once untimed, so that fanin's table of stats is settled and every cache is warm.
      for (const { command } of ready) await timed(command);
      for (let i = 0; i < repeats; i++) {
        for (const one of ready) one.times.push(await timed(one.command));
      }
    } finally {
      for (const directory of directories) await Deno.remove(directory, { recursive: true });
    }
    const ours = median(ready[0].times);
    rows.push({
      jobs: size,
      ...Object.fromEntries(
        ready.map(({ name, times }) => [`${name} ms`, Math.round(median(times))]),
      ),
      ...Object.fromEntries(
        ready.slice(1).map((
          { name, times },
        ) => [`${name} / fanin`, +(median(times) / ours).toFixed(2)]),
      ),
    });
  }
  return rows;
}
