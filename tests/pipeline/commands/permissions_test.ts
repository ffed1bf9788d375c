/** Tests the permission sets of the tasks, and that stages have fewer permissions. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { loadAll } from "../../../pipeline/commands/mod.ts";
import { proxyVariables } from "../../../pipeline/remote/agents.ts";
import { credentialVariables } from "../../../pipeline/remote/address.ts";
import { storeVariable } from "../../../pipeline/store/store_place.ts";
import { dataSets, mirrorHosts } from "../../../stages/download/catalogue.ts";
import { cliOf, root } from "../../support/checkout.ts";
import { fanin, faninLine, runsIn, workspace } from "../../support/workspace.ts";
import { deno, runArguments } from "../../support/deno_command.ts";
import { readJson } from "../../support/copied_files.ts";
import { shell } from "../../support/shell.ts";

const commands = await loadAll();

interface PermissionSet {
  net?: true | string[];
  run?: string[];
  env: { allow?: string[]; ignore: boolean };
}

interface Project {
  of: string;
  /** Name → command. */
  tasks: Record<string, string>;
  permissions: Record<string, PermissionSet>;
}

async function projectIn(of: string, ...path: string[]): Promise<Project> {
  const { tasks, permissions } = await readJson(root, ...path, "deno.json");
  const commands = Object.entries<string | { command: string }>(tasks)
    .map(([name, task]) => [name, typeof task === "string" ? task : task.command]);
  return { of, tasks: Object.fromEntries(commands), permissions };
}

const own = await projectIn("this repository");
const projects = [
  own,
  await projectIn("a new project", "pipeline", "commands", "templates", "common"),
];

/** The set that a command runs with. */
const setOf = ({ tasks, permissions }: Project, command: string): PermissionSet =>
  permissions[/ -P=(\w+) /.exec(tasks[command])![1]];

for (const { of, tasks, permissions } of projects) {
  Deno.test(`every task of ${of} is a short line, never prompts, and has a permission set`, () => {
    for (const [name, command] of Object.entries(tasks)) {
      if (name.startsWith("setup")) continue;
      const [, set] =
        /^(?:MALLOC_ARENA_MAX=2 )?deno (?:run|test) -q --no-prompt --frozen (?:--no-code-cache --v8-flags=\S+ )?-P=(\w+) \S+/
          .exec(command) ?? [];
      assert(set !== undefined && set in permissions, `${name}: ${command}`);
      assert(command.length <= 110, `${name}: ${command}`);
    }
  });

  Deno.test(`tasks of ${of} that run experiments have two arenas of memory for all threads`, () => {
    for (const name of ["reproduce", "replicate", "audit"]) {
      // By itself glibc has eight for each core, and each keeps what ended threads have given back.
      assert(tasks[name].startsWith("MALLOC_ARENA_MAX=2 "), `${name}: ${tasks[name]}`);
    }
  });

  Deno.test(`tasks of ${of} with flags of V8 leave alone the cached code of those without`, () => {
    for (const [name, command] of Object.entries(tasks)) {
      const [hasFlags, usesNone] = ["--v8-flags=", "--no-code-cache"].map((flag) =>
        command.includes(flag)
      );
      assertEquals(
        usesNone,
        hasFlags,
        `${name}: V8 takes no code that was compiled with other flags`,
      );
    }
  });

  Deno.test(`no permission set of ${of} has all of the environment, or any program`, () => {
    for (const [name, { env, run = [], ...others }] of Object.entries(permissions)) {
      assertEquals(env.ignore, true, `${name}: an unlisted variable would be asked for`);
      assert(Array.isArray(env.allow ?? []) && Array.isArray(run), name);
      for (const kind of ["all", "ffi", "import"]) assert(!(kind in others), `${name}: ${kind}`);
    }
  });

  Deno.test(`of the environment the sets of ${of} name no secret but fanin's own`, () => {
    const names = Object.values(permissions).flatMap(({ env }) => env.allow ?? []);
    assert(names.includes("INIT_CWD") && names.includes("TERM"));
    for (const name of names) {
      // They are taken out of the environment before anything else runs: remote_credentials_test.ts.
      if (credentialVariables.some((variable) => variable === name)) continue;
      // A proxy's address may have a password. Only the remote store's client reads it, and no stage can.
      if (proxyVariables.some((variable) => variable === name)) continue;
      assert(!/(KEY|TOKEN|SECRET|PASSWORD|CREDENTIALS?|PROXY)$|^(HOME|USER)$/.test(name), name);
    }
  });
}

Deno.test("commands that neither run jobs nor have --remote reach no network and start nothing", () => {
  for (const project of projects) {
    for (const [name, { flags }] of Object.entries(commands)) {
      const ofTheirOwn = ["reproduce", "attach", "job", "report", "audit", "rerun", "install"];
      if (ofTheirOwn.includes(name) || "remote" in flags) continue;
      const { net, run } = setOf(project, name);
      assertEquals([net, run], [undefined, undefined], `${name} of ${project.of}`);
    }
    assertEquals(setOf(project, "report").net, ["127.0.0.1"]);
  }
  const [ours, ofNew] = projects.map((project) => setOf(project, "audit"));
  assertEquals([ofNew.net, ofNew.run], [undefined, ["sh"]]);
  // It checks the system as `reproduce` does.
  const hosts = mirrorHosts(dataSets["fashion-mnist"].sources);
  assertEquals([ours.net, ours.run], [hosts, ["sh", "apt-get"]]);
});

Deno.test("every command that opens the store reads FANIN_STORE: unlisted it would be passed over", () => {
  for (const project of projects) {
    for (const name of Object.keys(commands)) {
      if (name === "install") continue;
      const { env } = setOf(project, name);
      assert(env.allow?.includes(storeVariable), `${name} of ${project.of}`);
    }
  }
});

Deno.test("a command that has --remote reaches the host that it names", () => {
  for (const project of projects) {
    for (const [name, { flags }] of Object.entries(commands)) {
      if ("remote" in flags) assertEquals(setOf(project, name).net, true, `${name}: ${project.of}`);
    }
  }
});

Deno.test("the set-up reads no configuration and has no more than it needs", () => {
  const flags = "--no-prompt --no-config -R -N -S=uid";
  assertEquals(
    own.tasks.setup,
    `deno run -q ${flags} --allow-run=apt-get stages/download/setup.ts`,
  );
});

Deno.test("unlisted permissions are denied, and an unlisted variable reads as absent", async () => {
  const script = `
    const state = (descriptor) => Deno.permissions.querySync(descriptor).state;
    console.log(JSON.stringify({
      run: state({ name: "run", command: "curl" }),
      sys: state({ name: "sys", kind: "networkInterfaces" }),
      ffi: state({ name: "ffi" }),
      env: Deno.env.get("HOME") ?? "absent",
      node: process.env.HOME ?? "absent",
    }));`;
  await using place = await workspace();
  const file = join(place.path, "states.ts");
  await Deno.writeTextFile(file, script);
  await Promise.all(
    Object.keys(own.permissions).map(async (name) => {
      const { out, err } = await deno(["run", "-q", "--no-prompt", `-P=${name}`, file], {
        HOME: "/home/x",
      });
      assertEquals(err, "", name);
      const { run, sys, ffi, ...environment } = JSON.parse(out);
      for (const state of [run, sys, ffi]) assert(state !== "granted", `${name}: ${out}`);
      assertEquals(environment, { env: "absent", node: "absent" }, name);
    }),
  );
});

for (
  const [attempt, what, refusal] of [
    ["write", "write a file", "The stage trespass wrote to trespassed; expected outputs only"],
    [
      "fetch",
      "reach a host that it does not declare",
      "The stage trespass reached for 127.0.0.1:18999, a host",
    ],
    [
      "run",
      "start a program that it does not declare",
      "The stage trespass started sh, a program",
    ],
    ["env", "read the environment", "HOME is absent"],
  ]
) {
  Deno.test(`a stage cannot ${what}`, async () => {
    await using place = await workspace();
    const args = ["reproduce", "--only", "trespass/first"];
    const set = `trespass.first.attempt=${attempt}`;
    const { code, err } = await fanin(place, [...args, "--set", set]);
    assertEquals(code, 2, err);
    assertStringIncludes(err, `failed  trespass/first: ${refusal}`);
  });
}

Deno.test("an unreachable remote store causes a notice, and stops push and pull", async () => {
  await using place = await workspace();
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const url = `http://127.0.0.1:${listener.addr.port}/`;
  // Nobody listens there any more.
  listener.close();
  const ran = await fanin(place, ["reproduce", "--only", "numbers/first", "--remote", url]);
  assertEquals(ran.code, 0, ran.err);
  assertMatch(ran.err, /Connection refused.*left alone/);
  for (const command of ["push", "pull"]) {
    const { code, err } = await fanin(place, [command, runsIn(place.path)[0], "--remote", url]);
    assertEquals(code, 2);
    assertMatch(err, /Connection refused/);
  }
});

Deno.test("no job runs in a time zone that cannot be fixed", async () => {
  await using place = await workspace();
  const words = runArguments(cliOf("counting"), join(place.path, "artifacts"), "reproduce");
  const { code, err } = await deno(["run", "--allow-env", ...words.slice(1)], { TZ: "Asia/Tokyo" });
  assertEquals(code, 2);
  assertStringIncludes(err, "The time zone of stages is not fixed, and no key holds it");
  assertStringIncludes(err, "found Asia/Tokyo");
});

Deno.test("programs start even if the environment sets library paths", async () => {
  await using place = await workspace();
  const line = await faninLine(place);
  // Deno starts no program from a list with these variables.
  const { code, err } = await shell(
    `export LD_LIBRARY_PATH=/nowhere LD_PRELOAD=; ${line} reproduce --only numbers/first`,
    root,
  );
  assertEquals(code, 0, err);
  const { environment } = await readJson(place.path, "artifacts", "latest", "manifest.json");
  assertMatch(environment.git?.commit ?? JSON.stringify(environment.git), /^[0-9a-f]{40}$/);
});

Deno.test("docs/security.md says which set a command has", async () => {
  const text = await Deno.readTextFile(join(root, "docs", "security.md"));
  const rows = [...text.matchAll(/^\| `(\w+)` +\|((?: `\w+`,?)+) +\|/gm)];
  const documented = rows.flatMap(([, set, names]) =>
    [...names.matchAll(/\w+/g)].map(([name]) => [name, set])
  );
  const sets = Object.entries(own.tasks)
    .map(([name, command]) => [name, / -P=(\w+) /.exec(command)?.[1]])
    .filter(([name]) => Object.hasOwn(commands, name!) || ["rates", "expected"].includes(name!));
  assertEquals(documented.toSorted(), sets.toSorted());
});
