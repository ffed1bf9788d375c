/**
 * A Slurm of one's own on this machine, until Ctrl-C: to try `--executor slurm` where there is no cluster.
 *
 *     deno task cluster [--nodes N] [--cores N]
 *
 * Prints the line that a shell needs to use it. Exit codes: 0 when it is stopped; 2 if it cannot start.
 */
import { Failed } from "../../pipeline/engine/failed.ts";
import { value } from "../../pipeline/commands/flags/flags.ts";
import { onEndingSignal } from "../../pipeline/terminal/interruption.ts";
import { runProgram } from "../../pipeline/commands/program.ts";
import { complain, print } from "../../pipeline/terminal/print.ts";
import { startCluster } from "./slurm_daemons.ts";
import { shellWord } from "../../pipeline/terminal/shell_word.ts";
import { exists } from "../../pipeline/store/existence.ts";

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
  const isThere = (program: string) => paths.some((path) => exists(`${path}/${program}`));
  return Object.entries(programs).filter(([program]) => !isThere(program)).map(([, name]) => name);
}

function countFrom(flag: string, text: string): number {
  if (/^[1-9]\d{0,2}$/.test(text)) return Number(text);
  const message = `--${flag} expects a number from 1 to 999, found "${text}".`;
  throw new Failed({ reason: "usage", message });
}

Deno.exitCode = await runProgram("cluster", {
  about: "starts a Slurm on this machine, to try --executor slurm",
  flags: {
    nodes: value("N", "the number of nodes (default 2)"),
    cores: value("N", "cores of each node (default: those of this machine)"),
  },
  async run(given) {
    const nodes = countFrom("nodes", given.nodes ?? "2");
    const cores = countFrom("cores", given.cores ?? String(navigator.hardwareConcurrency));
    const lacking = missing();
    if (lacking.length > 0) {
      complain([
        `Slurm is not on this machine; expected Debian's ${lacking.join(", ")}. As root:`,
        `apt-get install -y --no-install-recommends ${lacking.join(" ")}`,
      ]);
      return 2;
    }
    Deno.mkdirSync(directory, { recursive: true });
    const full = Deno.realPathSync(directory);
    await using cluster = await startCluster({ directory: full, nodes, cores });
    const names = cluster.nodes.join(", ");
    complain(`Slurm runs with ${names} of ${cores} cores each; Ctrl-C stops it. In another shell:`);
    print(`export SLURM_CONF=${shellWord(cluster.environment.SLURM_CONF)}`);
    await new Promise((resolve) => onEndingSignal(resolve));
    return 0;
  },
}, Deno.args);
