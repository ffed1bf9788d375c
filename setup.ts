/**
 * `setup`: sees that the system has what no package of ours can bring: a Vulkan driver, where Linux
 * has none, and FashionMNIST, where no mirror can be reached; with `--browser` also the browser that the
 * tests of the report need. As root on Debian or Ubuntu it
 * installs what is missing; elsewhere it prints the command. It never stops the task that follows.
 * It needs no package, so its task reads neither configuration nor lock, which would take longer.
 */
import { dataSets, mirrorHosts } from "./stages/sources/catalogue.ts";

interface Need {
  package: string;
  purpose: string;
  isMet(): boolean | Promise<boolean>;
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

const hasFile = (directory: string, ending: string): boolean => {
  try {
    return [...Deno.readDirSync(directory)].some(({ name }) => name.endsWith(ending));
  } catch {
    return false;
  }
};

const fashion = dataSets["fashion-mnist"];

/** Whether every file is in the store already, or in Debian's package. */
function hasFashionMnist(): boolean {
  const installed = fashion.sources.find((source) => source.kind === "debian-installed")!;
  return fashion.files.every(({ sha256, name }) =>
    exists(`artifacts/store/blobs/${sha256.slice(0, 2)}/${sha256}`) ||
    exists(`${installed.directory}/${name}.gz`)
  );
}

/** Whether some mirror answers within two seconds. */
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

const needs: Need[] = [
  {
    package: "mesa-vulkan-drivers",
    purpose: "a Vulkan driver for WebGPU (in software where there is no GPU)",
    isMet: () =>
      Deno.build.os !== "linux" ||
      ["/usr/share/vulkan/icd.d", "/etc/vulkan/icd.d"].some((path) => hasFile(path, ".json")),
  },
  {
    package: "dataset-fashion-mnist",
    purpose: "FashionMNIST, as no mirror answers",
    isMet: () => hasFashionMnist() || reachesMirror(),
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

async function install(packages: string[]): Promise<boolean> {
  const apt = async (...args: string[]) => {
    const { success } = await new Deno.Command("apt-get", {
      args,
      stdin: "null",
      stdout: "null",
      stderr: "inherit",
    }).output();
    return success;
  };
  // An old package list is no reason not to try.
  await apt("-qq", "update");
  return await apt("-qq", "install", "-y", "--no-install-recommends", ...packages);
}

if (Deno.args.includes("--browser")) {
  needs.push({
    package: "chromium",
    purpose: "a browser for the tests of the report",
    isMet: () => exists("/usr/bin/chromium"),
  });
}

const missing: Need[] = [];
for (const need of needs) if (!(await need.isMet())) missing.push(need);

if (missing.length > 0) {
  const packages = missing.map((need) => need.package);
  for (const { package: name, purpose } of missing) {
    console.error(`setup: missing ${purpose}: ${name}`);
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
