/**
 * Checks that the system has what no package of ours can bring: a Vulkan driver, where Linux has none, and
 * FashionMNIST, where no mirror can be reached. As root on Debian or Ubuntu it installs what is missing;
 * elsewhere it prints the command. Stops nothing: a run goes on without.
 *
 * `reproduce`, `replicate` and `audit` call it before jobs run. As a program, which the tasks `setup…` start,
 * it also checks what the tests need: a browser for the report, servers for the remote store, a library that
 * shows another clock and a Slurm. Those tasks read no configuration, which older releases of Deno may not
 * understand; so this file uses no package.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { unsupportedDeno } from "../../pipeline/commands/deno_version.ts";
import { withoutLoader } from "../../pipeline/engine/machine/loader_variables.ts";
import { dataSets, mirrorHosts } from "./catalogue.ts";

interface Need {
  packages: readonly string[];
  purpose: string;
  isMet(): boolean | Promise<boolean>;
  /** Directory to unpack the packages to, instead of installing them; that needs no root. */
  unpackTo?: string;
}

/** False also where the system does not say. */
function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

const root = fileURLToPath(new URL("../..", import.meta.url));

const hasFile = (directory: string, ending: string): boolean => {
  try {
    return [...Deno.readDirSync(directory)].some(({ name }) => name.endsWith(ending));
  } catch {
    return false;
  }
};

const fashion = dataSets["fashion-mnist"];

/** True if every file is in the store already, or in Debian's package. */
function hasFashionMnist(store: string): boolean {
  const installed = fashion.sources.find((source) => source.kind === "debian-installed")!;
  return fashion.files.every(({ sha256, name }) =>
    exists(join(store, "blobs", sha256.slice(0, 2), sha256)) ||
    exists(`${installed.directory}/${name}.gz`)
  );
}

/** True if some mirror answers within two seconds. */
async function reachesMirror(): Promise<boolean> {
  const answers = mirrorHosts(fashion.sources).map(async (host) => {
    const answer = await fetch(`https://${host}/`, {
      method: "HEAD",
      redirect: "manual",
      signal: AbortSignal.timeout(2000),
    });
    await answer.body?.cancel();
  });
  return await Promise.any(answers).then(() => true, () => false);
}

/** Needs of the experiments. The store at the path `store` may have the data already. */
export const ofExperiments = (store = join(root, "artifacts", "store")): readonly Need[] => [
  {
    packages: ["mesa-vulkan-drivers"],
    purpose: "a Vulkan driver for WebGPU (in software where there is no GPU)",
    isMet: () =>
      Deno.build.os !== "linux" ||
      ["/usr/share/vulkan/icd.d", "/etc/vulkan/icd.d"].some((path) => hasFile(path, ".json")),
  },
  {
    packages: ["dataset-fashion-mnist"],
    purpose: "FashionMNIST, as no mirror answers",
    isMet: () => hasFashionMnist(store) || reachesMirror(),
  },
];

/** Debian and what descends from it, by os-release(5). */
function isDebian(): boolean {
  try {
    const release = Deno.readTextFileSync("/etc/os-release");
    return /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(release);
  } catch {
    return false;
  }
}

/** True if a program ran and succeeded. */
async function run(program: string, args: string[], cwd?: string): Promise<boolean> {
  const streams = { stdin: "null", stdout: "null", stderr: "inherit" } as const;
  const options = { args, cwd, env: withoutLoader, ...streams };
  const { success } = await new Deno.Command(program, options).output();
  return success;
}

async function install(packages: string[]): Promise<boolean> {
  // An old package list is no reason not to try.
  await run("apt-get", ["-qq", "update"]);
  const args = ["-qq", "install", "-y", "--no-install-recommends", ...packages];
  return await run("apt-get", args);
}

/** Downloads a package and unpacks its files into a directory. */
async function unpack(name: string, to: string): Promise<boolean> {
  Deno.mkdirSync(to, { recursive: true });
  const download = ["-qq", "-o", "APT::Sandbox::User=root", "download", name];
  const isHere = await run("apt-get", download, to) ||
    // Perhaps the package list is old; bringing it up to date takes root.
    (await run("apt-get", ["-qq", "update"]) && await run("apt-get", download, to));
  if (!isHere) return false;
  const file = [...Deno.readDirSync(to)].find((entry) => entry.name.endsWith(".deb"))!.name;
  const done = await run("dpkg-deb", ["--extract", file, "."], to);
  Deno.removeSync(`${to}/${file}`);
  return done;
}

const nginx = join(root, "tests", "tmp", "nginx");
const servers = join(root, "tests", "tmp", "servers");

/** Program of each server, and the packages that it takes, its own last: once it is there, all are. */
const otherServers = {
  "usr/sbin/lighttpd": ["lighttpd-mod-webdav", "lighttpd"],
  "usr/sbin/apache2": ["libapr1", "libaprutil1", "apache2-bin"],
  "usr/bin/rclone": ["rclone"],
  "usr/bin/caddy": ["caddy"],
};

/** Needs of the tests besides a Slurm. */
const ofTests: readonly Need[] = [
  {
    packages: ["chromium"],
    purpose: "a browser for the tests of the report",
    isMet: () => exists("/usr/bin/chromium"),
  },
  {
    packages: ["nginx"],
    purpose: "nginx for the tests of the remote store",
    isMet: () => exists("/usr/sbin/nginx") || exists(join(nginx, "usr", "sbin", "nginx")),
    // Installed it would start a server for everyone to reach, now and whenever the machine starts.
    unpackTo: nginx,
  },
  ...Object.entries(otherServers).map(([program, packages]): Need => ({
    packages,
    purpose: "another server for the tests of the remote store",
    isMet: () => exists(`/${program}`) || exists(join(servers, program)),
    unpackTo: servers,
  })),
  {
    packages: ["python3"],
    purpose: "Python's server for the tests of the remote store",
    isMet: () => exists("/usr/bin/python3"),
  },
  {
    packages: ["libfaketime"],
    purpose: "another clock for the tests of the audit",
    isMet: () =>
      ["x86_64", "aarch64"].some((arch) => exists(`/usr/lib/${arch}-linux-gnu/faketime`)),
  },
  {
    packages: ["perl"],
    purpose: "prove, which reads TAP, for the tests of grades",
    isMet: () => exists("/usr/bin/prove"),
  },
  {
    packages: ["unzip"],
    purpose: "unzip, as grading services run it, for the tests of autograders",
    isMet: () => exists("/usr/bin/unzip"),
  },
];

const slurmPrograms = {
  slurmctld: "/usr/sbin/slurmctld",
  slurmd: "/usr/sbin/slurmd",
  "slurm-client": "/usr/bin/sbatch",
  munge: "/usr/sbin/munged",
};

/** Needs of a Slurm on this machine. */
const ofSlurm: readonly Need[] = Object.entries(slurmPrograms).map(([name, program]) => ({
  packages: [name],
  purpose: "a part of a Slurm on this machine",
  isMet: () => exists(program),
}));

/** Checks the needs, by default those of the experiments; installs what is missing, or says how. */
export async function setUp(needs: readonly Need[] = ofExperiments()): Promise<void> {
  const missing: Need[] = [];
  for (const need of needs) {
    if (await need.isMet()) continue;
    const { packages, purpose, unpackTo } = need;
    if (unpackTo !== undefined && isDebian()) {
      console.error(`setup: missing ${purpose}: unpacking ${packages.join(", ")} into ${unpackTo}`);
      let isDone = true;
      for (const name of packages) isDone &&= await unpack(name, unpackTo).catch(() => false);
      if (isDone) continue;
      console.error("setup: that failed");
    }
    missing.push(need);
  }

  if (missing.length > 0) {
    const packages = missing.flatMap((need) => need.packages);
    for (const { packages, purpose } of missing) {
      console.error(`setup: missing ${purpose}: ${packages.join(", ")}`);
    }
    const command = `apt-get install -y --no-install-recommends ${packages.join(" ")}`;
    if (isDebian() && Deno.uid() === 0) {
      console.error(`setup: installing, by ${command}`);
      const done = await install(packages).catch(() => false);
      console.error(done ? "setup: installed" : "setup: that failed; going on without");
    } else if (isDebian()) {
      console.error(`setup: to install it: sudo ${command}`);
    } else {
      console.error("setup: install what your system has for it; going on without");
    }
  }
}

const help = `Checks that the system has the needed packages.

Usage: deno task setup        what the experiments need
       deno task setup-tests  also what the tests need: a browser, servers and Slurm
       deno task setup-slurm  also a Slurm to try clusters on

As root on Debian or Ubuntu it installs what is missing, otherwise it prints the
command.`;

/** Runs as a program; gives the exit code. */
async function main(flags: readonly string[]): Promise<number> {
  const unsupported = unsupportedDeno();
  if (unsupported !== undefined) {
    console.error(unsupported);
    return 2;
  }
  const known = ["--tests", "--slurm", "--help", "-h"];
  const unknown = flags.find((flag) => !known.includes(flag));
  if (unknown !== undefined) {
    console.error(`setup: no flag is named "${unknown}"; known: ${known.join(", ")}.`);
    return 2;
  }
  if (flags.includes("--help") || flags.includes("-h")) {
    console.log(help);
    return 0;
  }
  const isForTests = flags.includes("--tests");
  await setUp([
    ...ofExperiments(),
    ...isForTests ? ofTests : [],
    ...isForTests || flags.includes("--slurm") ? ofSlurm : [],
  ]);
  return 0;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
