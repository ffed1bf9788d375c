/**
 * A Slurm on this machine, on loopback and without systemd: munged, slurmctld and one slurmd a node, as
 * children of this process, with everything that they keep in one directory. It is a real Slurm for
 * trying and testing; a lab's own is used as it is.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";

/** Seconds in which the daemons must answer. */
const patience = 30;

interface ClusterOptions {
  /** Made if need be; a short path, as a socket's must be below 108 bytes. */
  directory: string;
  nodes: number;
  /** Cores of each node. */
  cores?: number;
  /** MiB of each node. */
  memory?: number;
  /** Further lines of slurm.conf. */
  settings?: readonly string[];
}

export interface Cluster extends AsyncDisposable {
  /** Environment variables that a client needs. */
  readonly environment: { SLURM_CONF: string };
  readonly nodes: readonly string[];
  /** Kills a node's daemon and the jobs on it, as a loss of power would. */
  killNode(name: string): Promise<void>;
  startNode(name: string): void;
  /** Kills the controller with signal 9. */
  killController(): Promise<void>;
  startController(): void;
  /** Stops the controller as a load would (`SIGSTOP`), or lets it go on (`SIGCONT`). */
  signalController(signal: "SIGSTOP" | "SIGCONT"): void;
  /** Fulfilled when the controller answers and every node is idle or at work. */
  ready(): Promise<void>;
}

/** Starts a daemon; Debian has them where users' paths often do not lead. */
function startDaemon(name: string, args: string[], env: Record<string, string>) {
  const options = { args, env, stdin: "null", stdout: "null", stderr: "null" } as const;
  try {
    return new Deno.Command(`/usr/sbin/${name}`, options).spawn();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return new Deno.Command(name, options).spawn();
  }
}

/** A port of this machine that nothing listens on. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

async function say(program: string, args: string[], env: Record<string, string>) {
  const { success, stdout, stderr } = await new Deno.Command(program, { args, env }).output();
  const text = new TextDecoder();
  return { success, text: text.decode(stdout).trim(), problem: text.decode(stderr).trim() };
}

/** Starts the daemons and waits until jobs can be submitted. Throws with what they said if not. */
export async function startCluster(
  { directory, nodes: count, cores = 1, memory = 4096, settings = [] }: ClusterOptions,
): Promise<Cluster> {
  const at = (name: string) => join(directory, name);
  for (const name of ["", "munge", "state", "spool", "log"]) {
    Deno.mkdirSync(at(name), { recursive: true });
    // Whoever asks munged for a credential must be let through to its socket.
    Deno.chmodSync(at(name), 0o755);
  }
  const nodes = Array.from({ length: count }, (_, i) => `node${i + 1}`);
  const user = Deno.uid();
  const host = Deno.hostname();
  const conf = at("slurm.conf");
  const socket = at("munge/socket");
  const ports = Array.from({ length: count + 1 }, freePort);
  Deno.writeTextFileSync(
    conf,
    [
      "ClusterName=fanin",
      `SlurmctldHost=${host}(127.0.0.1)`,
      `SlurmctldPort=${ports[0]}`,
      `SlurmUser=${user}`,
      `SlurmdUser=${user}`,
      "AuthType=auth/munge",
      `AuthInfo="socket=${socket}"`,
      "CommunicationParameters=NoCtldInAddrAny,NoInAddrAny",
      `StateSaveLocation="${at("state")}"`,
      `SlurmdSpoolDir="${at("spool")}/%n"`,
      `SlurmctldPidFile="${at("slurmctld.pid")}"`,
      `SlurmdPidFile="${at("slurmd-%n.pid")}"`,
      `SlurmctldLogFile="${at("log/slurmctld")}"`,
      `SlurmdLogFile="${at("log/%n")}"`,
      "ProctrackType=proctrack/linuxproc",
      "TaskPlugin=task/none",
      "SelectType=select/cons_tres",
      "SelectTypeParameters=CR_Core_Memory",
      "AccountingStorageType=accounting_storage/none",
      "JobCompType=jobcomp/filetxt",
      `JobCompLoc="${at("log/completed")}"`,
      "SchedulerParameters=batch_sched_delay=0,sched_min_interval=0,sched_interval=1",
      "ReturnToService=2",
      "SlurmdTimeout=10",
      "KillWait=5",
      // Without control groups a job's memory is measured, and what uses more is killed.
      "JobAcctGatherType=jobacct_gather/linux",
      "JobAcctGatherFrequency=task=1",
      "JobAcctGatherParams=OverMemoryKill",
      "MpiDefault=none",
      // The nodes share the cores of this machine; they have what is said here.
      "SlurmdParameters=config_overrides",
      ...nodes.map((name, i) =>
        `NodeName=${name} NodeHostname=${host} NodeAddr=127.0.0.1 Port=${ports[i + 1]} ` +
        `CPUs=${cores} RealMemory=${memory} State=UNKNOWN`
      ),
      "PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP",
      ...settings,
      "",
    ].join("\n"),
  );
  const key = at("munge/key");
  if (!existsSync(key)) {
    Deno.writeFileSync(key, crypto.getRandomValues(new Uint8Array(128)), { mode: 0o400 });
  }

  const environment = { SLURM_CONF: conf };
  const children = new Map<string, Deno.ChildProcess>();
  const start = (name: string, program: string, ...args: string[]) => {
    children.set(name, startDaemon(program, args, environment));
  };
  const end = async (name: string, signal: Deno.Signal) => {
    const child = children.get(name);
    if (child === undefined) return;
    children.delete(name);
    try {
      child.kill(signal);
    } catch { /* It has ended by itself. */ }
    await child.status;
  };
  const startNode = (name: string) => start(name, "slurmd", "-D", "-N", name);
  const startController = () => start("slurmctld", "slurmctld", "-D");
  const startMunge = () =>
    start(
      "munged",
      "munged",
      "--foreground",
      "--force",
      `--socket=${socket}`,
      `--key-file=${key}`,
      `--pid-file=${at("munge/pid")}`,
      `--log-file=${at("log/munged")}`,
      `--seed-file=${at("munge/seed")}`,
    );

  /** Jobs outlive their node's daemon, as do the daemons of their steps, which are their parents. */
  const killJobs = async (name: string) => {
    const script = `for process in /proc/[0-9]*; do
      grep -qzx "SLURMD_NODENAME=${name}" $process/environ 2>/dev/null || continue
      grep -qzx "SLURM_CONF=${conf}" $process/environ || continue
      parent=$(sed -n 's/^PPid:[^0-9]*//p' $process/status)
      if grep -q "^slurmstepd" /proc/$parent/comm; then kill -9 $parent; fi
      kill -9 \${process#/proc/}
    done`;
    await say("sh", ["-c", script], environment);
  };

  /** A step whose job has ended waits for the controller, also for one that was killed. */
  const killSteps = async () => {
    const script = `for process in /proc/[0-9]*; do
      grep -q "^slurmstepd" $process/comm 2>/dev/null || continue
      grep -qzx "SLURM_CONF=${conf}" $process/environ && kill -9 \${process#/proc/}
    done`;
    await say("sh", ["-c", script], environment);
  };

  const ready = async () => {
    const until = performance.now() + patience * 1000;
    for (let said = ""; performance.now() < until;) {
      const { success, text, problem } = await say(
        "sinfo",
        ["-hN", "-p", "all", "-o", "%N %t"],
        environment,
      );
      const states = text.split("\n").map((line) => line.split(" "));
      if (
        success && states.length === count &&
        states.every(([name, state]) =>
          !children.has(name) || /^(idle|mix|alloc|comp)$/.test(state)
        )
      ) return;
      said = problem || text;
      await new Promise((resolve) => setTimeout(resolve, 200));
      if (performance.now() >= until) {
        throw new Error(`Slurm does not answer after ${patience} s: ${said}; see ${at("log")}.`);
      }
    }
  };

  const stop = async () => {
    // Jobs last: a daemon that is alive puts the next in the place of one that is killed.
    for (const name of ["slurmctld", ...nodes, "munged"]) await end(name, "SIGKILL");
    await killSteps();
    for (const name of nodes) await killJobs(name);
  };
  try {
    startMunge();
    while (!existsSync(socket)) await new Promise((resolve) => setTimeout(resolve, 50));
    startController();
    nodes.forEach(startNode);
    await ready();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    environment,
    nodes,
    startNode,
    startController,
    ready,
    async killNode(name) {
      await end(name, "SIGKILL");
      await killJobs(name);
    },
    signalController: (signal) => children.get("slurmctld")!.kill(signal),
    killController: () => end("slurmctld", "SIGKILL"),
    [Symbol.asyncDispose]: stop,
  };
}
