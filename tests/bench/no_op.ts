/**
 * Measures a run in which nothing changed, beside ninja, make, doit, snakemake and DVC, and Deno's start for
 * an empty file, our limit. All build the same binary tree of small jobs from files of their own, in turns.
 */
import { join } from "node:path";
import { root } from "../support/checkout.ts";
import { type Contestant, type Measured, measuredRows, missing } from "./turns.ts";
import type { Benchmark } from "../../schemas/assignment/bench_results.ts";
import { syntheticCommand } from "./synthetic_command.ts";
import { timed, versionOf } from "./timing.ts";

const sizes = [8, 100, 1000, 10_000];
const OURS = "fanin";
/** Beyond these, the first build takes many minutes. */
const limits = { snakemake: 100, dvc: 100 };

interface Tool {
  name: string;
  /** Most jobs that it is tried with. */
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
      Promise.resolve([...syntheticCommand(directory, size, "git"), "reproduce"]),
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
    limit: limits.snakemake,
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
  {
    name: "dvc",
    limit: limits.dvc,
    async prepare(directory, size) {
      const stages = jobs(size).map((i) =>
        `  s${i}:\n    cmd: cp ${inputOf(i)} out-${i}\n    deps: [${
          inputOf(i)
        }]\n    outs: [out-${i}]`
      );
      await write(directory, "seed", "1");
      await write(directory, "dvc.yaml", `stages:\n${stages.join("\n")}\n`);
      await timed(["dvc", "--cd", directory, "init", "--no-scm", "--quiet"]);
      return ["dvc", "--cd", directory, "repro", "--quiet"];
    },
  },
  {
    name: "deno run empty.js",
    limit: Infinity,
    async prepare(directory) {
      await write(directory, "empty.js", "");
      return ["deno", "run", join(directory, "empty.js")];
    },
  },
];

/** Its version, or null where it is not installed; ours is Deno's. */
const versionOfTool = (name: string) =>
  name === OURS || name.startsWith("deno ") ? Deno.version.deno : versionOf(name);

export async function benchNoOp(rounds = 7): Promise<Measured> {
  const versions: Record<string, string | null> = {};
  for (const { name } of tools) versions[name] = await versionOfTool(name);
  const rows: Benchmark["rows"] = [];
  const bench = join(root, "artifacts", "bench");
  await Deno.mkdir(bench, { recursive: true });
  for (const size of sizes) {
    const contestants: Contestant[] = [];
    const absent: Benchmark["rows"] = [];
    const directories: string[] = [];
    try {
      for (const { name, limit, prepare } of tools) {
        if (versions[name] === null) absent.push(missing(name, "not installed", size));
        else if (size > limit) absent.push(missing(name, "not run", size));
        else {
          const directory = await Deno.makeTempDir({ dir: bench });
          directories.push(directory);
          const command = await prepare(directory, size);
          console.error(`no-op, ${size} jobs, first build: ${name}`);
          await timed(command);
          // Once more untimed, so that fanin's table of stats is settled and every cache is warm.
          await timed(command);
          contestants.push({ name, turn: async () => ({ ms: await timed(command) }) });
        }
      }
      const compared = { ratioOf: "ms" as const, ours: [OURS], size };
      rows.push(
        ...await measuredRows(contestants, rounds, `no-op, ${size} jobs`, compared),
        ...absent,
      );
    } finally {
      for (const directory of directories) await Deno.remove(directory, { recursive: true });
    }
  }
  const own = Object.entries(versions)
    .filter(([name]) => name !== OURS && !name.startsWith("deno "));
  return {
    benchmark: { rounds, ratioOf: "ms", ours: [OURS], rows },
    versions: Object.fromEntries(own),
  };
}
