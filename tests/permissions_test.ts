/** The permission lists of the tasks, as a boundary: what a stage tries beyond them is refused. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { dataSets, mirrorHosts } from "../stages/sources/catalogue.ts";
import { cliOf, deno, fanin, lendCodes, root, workspace } from "./workspace.ts";

interface Task {
  command: string;
}
const { tasks } = JSON.parse(await Deno.readTextFile(join(root, "deno.json"))) as {
  tasks: Record<string, Task>;
};

/** The flags of a task's permissions, with tests/tmp in the place of artifacts/. */
const flagsOf = (task: string, artifacts: string): string[] =>
  tasks[task].command.split(" ").filter((word) => word.startsWith("--allow-"))
    .map((flag) => flag.startsWith("--allow-write=") ? `--allow-write=${artifacts}` : flag);

/** They reach the host that a user names, which nobody knows beforehand, and run no stage. */
const toAnyHost = ["push", "pull"];

Deno.test("every task spells its permissions out, and none allows everything", () => {
  for (const [name, { command }] of Object.entries(tasks)) {
    assert(!/(^| )(-A|--allow-all)( |$)/.test(command), name);
    for (const flag of command.match(/--allow-\S+/g) ?? []) {
      if (flag === "--allow-net" && toAnyHost.includes(name)) continue;
      assertMatch(flag, /^--allow-(read|write|net|env|run|sys|ffi)=\S+$/, `${name}: ${flag}`);
    }
  }
});

Deno.test("the network list of reproduce is exactly the mirrors' hosts", () => {
  const list = /--allow-net=(\S+)/.exec(tasks.reproduce.command)![1].split(",");
  const hosts = Object.values(dataSets).flatMap(({ sources }) => mirrorHosts(sources));
  assertEquals(list.sort(), [...new Set(hosts)].sort());
});

Deno.test("`new` may write where stages, experiments and their tests are, and do nothing else", () => {
  const granted = tasks.new.command.match(/--allow-\S+/g);
  assertEquals(granted, ["--allow-read=.", "--allow-write=stages,pipeline/experiments,tests"]);
});

for (
  const [attempt, what, refusal] of [
    ["write", "write a file", "wrote to trespassed; expected outputs only"],
    ["fetch", "reach a host that it does not declare", "reached for 127.0.0.1:18999, a host"],
    ["run", "start a program that it does not declare", "started sh, a program"],
    ["env", "read the environment", "read the environment variable HOME"],
  ]
) {
  Deno.test(`a stage cannot ${what}`, async () => {
    await using place = await workspace();
    const args = ["reproduce", "--only", "trespass/first"];
    const set = `trespass.first.attempt=${attempt}`;
    const { code, err } = await fanin(place, [...args, "--set", set]);
    assertEquals(code, 2, err);
    assertStringIncludes(err, `trespass/first failed: The stage trespass ${refusal}`);
  });
}

Deno.test("a remote store is reached by its tasks alone, or where the task's list has its host", async () => {
  await using place = await workspace();
  const artifacts = join(place.path, "artifacts");
  const cli = cliOf("counting");
  await lendCodes(artifacts, cli);
  // Nobody listens there any more.
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const host = `127.0.0.1:${listener.addr.port}`;
  listener.close();
  const url = `http://${host}/`;
  const run = (flags: string[], ...args: string[]) =>
    deno(["run", "--frozen", "--no-prompt", ...flags, cli, artifacts, ...args, "--remote", url]);
  for (const task of ["reproduce", "plan", "replicate"]) {
    const seeds = task === "replicate" ? ["--seeds", "0-1"] : [];
    const { code, err } = await run(flagsOf(task, artifacts), task, ...seeds);
    assertEquals(code, 2);
    assertStringIncludes(err, `add ${host} to --allow-net of the task "${task}" in deno.json`);
  }
  for (const task of toAnyHost) {
    const { code, err } = await run(flagsOf(task, artifacts), task, "20260101T000000Z-none");
    assertEquals(code, 2);
    assertMatch(err, task === "push" ? /No run is named/ : /Connection refused/);
  }
  const listed = flagsOf("reproduce", artifacts)
    .map((flag) => flag.startsWith("--allow-net=") ? `${flag},${host}` : flag);
  const { code, err } = await run(listed, "reproduce", "--only", "numbers/first");
  assertEquals(code, 0, err);
  assertMatch(err, /Connection refused.*left alone/);
});

Deno.test("what a node runs may start less than a run here", () => {
  const programs = (task: string) => /--allow-run=(\S+)/.exec(tasks[task].command)![1].split(",");
  assertEquals(programs("job").filter((name) => !programs("reproduce").includes(name)), []);
  assert(!programs("job").includes("sbatch"), "a job could submit jobs");
});
