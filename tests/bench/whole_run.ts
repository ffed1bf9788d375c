/**
 * Measures whole runs from an empty store, on each backend, and then what is done with them: the report, and the
 * comparison of two. Packages and the data set's mirror are as they are.
 */
import { join } from "node:path";
import { filesUnder } from "../../pipeline/store/files_under.ts";
import { storeVariable } from "../../pipeline/store/store_place.ts";
import { root } from "../support/checkout.ts";
import { runArguments } from "../support/deno_command.ts";
import { type Contestant, type Measured, measuredRows, type Values } from "./turns.ts";

const OURS = "reproduce";

/** Runs, each in artifacts of its own: name → flags. */
const runs: Record<string, string[]> = {
  [OURS]: [],
  "reproduce --backend wasm": ["--backend", "wasm"],
  "reproduce --experiment quick": ["--experiment", "quick"],
};

/** MB, 10^6 bytes. */
const MB = 1e6;

/**
 * Runs deno, and then prints the largest resident memory that its process had, in KiB; nothing where the system
 * does not tell. The shell reads it, because Deno reads nothing of other processes.
 */
const watched = `
deno "$@" > /dev/null 2>&1 &
while
  found=
  while read -r name value unit; do
    [ "$name" = VmHWM: ] && peak=$value && found=1
  done < "/proc/$!/status"
  [ -n "$found" ]
do sleep 0.1; done 2> /dev/null
wait $!
code=$?
echo "$peak"
exit $code`;

/** Runs a command line on artifacts; its seconds, and the memory of its process at the peak. */
export async function measured(artifacts: string, args: readonly string[]): Promise<Values> {
  const cli = join(root, "tests", "bench", "assignment_cli.ts");
  const start = performance.now();
  const { code, stdout } = await new Deno.Command("sh", {
    args: ["-c", watched, "sh", ...runArguments(cli, artifacts, ...args)],
    cwd: root,
    // The second as the task reproduce has it.
    env: { [storeVariable]: "", MALLOC_ARENA_MAX: "2" },
    stdin: "null",
    stderr: "inherit",
  }).output();
  const seconds = (performance.now() - start) / 1000;
  // 1 is a grade below full points, or runs that differ.
  if (code > 1) throw new Error(`expected ${args.join(" ")} to run, found exit code ${code}`);
  const kibibytes = Number(new TextDecoder().decode(stdout));
  return { seconds, ...(kibibytes > 0 && { peakMegabytes: kibibytes * 1024 / MB }) };
}

/** The bytes of a directory's files; one that has several names there, as an artifact in a run, counts once. */
export function sizeOf(directory: string): number {
  const sizes = [...filesUnder(directory)].map((path) => Deno.statSync(path))
    .map(({ dev, ino, size }) => [`${dev} ${ino}`, size] as const);
  return [...new Map(sizes).values()].reduce((sum, size) => sum + size, 0);
}

export async function benchWholeRun(rounds = 1): Promise<Measured> {
  const bench = join(root, "artifacts", "bench");
  await Deno.mkdir(bench, { recursive: true });
  const directory = await Deno.makeTempDir({ dir: bench });
  const artifactsOf = (name: string) => join(directory, name.replaceAll(/\W+/g, "-"));
  const first = artifactsOf(OURS);
  try {
    const contestants: Contestant[] = [
      ...Object.entries(runs).map(([name, flags]): Contestant => ({
        name,
        async turn() {
          const artifacts = artifactsOf(name);
          await Deno.remove(artifacts, { recursive: true }).catch(() => {});
          const values = await measured(artifacts, ["reproduce", ...flags]);
          return { ...values, artifactsMegabytes: sizeOf(artifacts) / MB };
        },
      })),
      { name: "report", turn: () => measured(first, ["report"]) },
      {
        name: "diff of the first two",
        async turn() {
          const [other] = Object.keys(runs).slice(1);
          const [run] = [...Deno.readDirSync(join(artifactsOf(other), "runs"))];
          return await measured(first, [
            "diff",
            "latest",
            join(artifactsOf(other), "runs", run.name),
          ]);
        },
      },
    ];
    const compared = { ratioOf: "seconds" as const, ours: [OURS] };
    const rows = await measuredRows(contestants, rounds, "whole-run", compared);
    return { benchmark: { rounds, ...compared, rows }, versions: {} };
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}
