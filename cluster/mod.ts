/**
 * A Slurm of one's own on this machine, until Ctrl-C: to try `--executor slurm` where there is no cluster.
 *
 *     deno task cluster [--nodes N] [--cores N]
 *
 * Prints the line that a shell needs to use it. Exit codes: 0 when it is stopped; 2 if it cannot start.
 */
import { parseArgs } from "node:util";
import { onEndingSignal } from "../pipeline/interruption.ts";
import { startCluster } from "./slurm.ts";

/** Short, for a socket lies in it. */
const directory = "artifacts/cluster";

/** The system's programs that it needs, and Debian's packages of them. */
const programs = {
  slurmctld: "slurmctld",
  slurmd: "slurmd",
  munged: "munge",
  sbatch: "slurm-client",
} as const;

const paths = ["/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"];

function missing(): string[] {
  const isThere = (program: string) =>
    paths.some((path) => {
      try {
        return Deno.statSync(`${path}/${program}`).isFile;
      } catch {
        return false;
      }
    });
  return Object.entries(programs).filter(([program]) => !isThere(program)).map(([, name]) => name);
}

function countFrom(flag: string, text: string): number {
  if (/^[1-9]\d{0,2}$/.test(text)) return Number(text);
  throw new Error(`--${flag} expects a number from 1 to 999, found "${text}".`);
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    args: Deno.args,
    options: {
      nodes: { type: "string", default: "2" },
      cores: { type: "string", default: String(navigator.hardwareConcurrency) },
    },
  });
  const nodes = countFrom("nodes", values.nodes);
  const cores = countFrom("cores", values.cores);
  const lacking = missing();
  if (lacking.length > 0) {
    console.error(
      `Slurm is not on this machine; expected Debian's ${lacking.join(", ")}. As root:`,
    );
    console.error(`apt-get install -y --no-install-recommends ${lacking.join(" ")}`);
    return 2;
  }
  Deno.mkdirSync(directory, { recursive: true });
  const full = Deno.realPathSync(directory);
  await using cluster = await startCluster({ directory: full, nodes, cores });
  console.error(
    `Slurm runs with ${
      cluster.nodes.join(", ")
    } of ${cores} cores each; Ctrl-C stops it. In another shell:`,
  );
  console.log(`export SLURM_CONF=${cluster.environment.SLURM_CONF}`);
  await new Promise((resolve) => onEndingSignal(resolve));
  return 0;
}

try {
  Deno.exitCode = await main();
} catch (error) {
  console.error((error as Error).message);
  Deno.exitCode = 2;
}
