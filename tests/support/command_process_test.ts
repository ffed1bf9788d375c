/** Tests that commands in one process end as in processes of their own. */
import { assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { cliOf, root } from "./checkout.ts";
import { startCommands } from "./command_process.ts";
import { copyPipeline, fanin, planned, workspaceOfOneProcess } from "./workspace.ts";
import { deno, runArguments } from "./deno_command.ts";
import { edit } from "./copied_files.ts";

Deno.test("each command in one process has the exit code and the output of its own", async () => {
  await using place = await workspaceOfOneProcess();
  const alone = (args: string[]) =>
    deno(runArguments(cliOf("counting"), join(place.path, "artifacts"), ...args));
  const commands = [["runs"], ["reprodcue"], ["diff", "latest", "latest"], ["runs", "--json"]];
  const expected = await Promise.all(commands.map(alone));
  assertEquals(expected.map(({ code }) => code), [0, 2, 2, 0]);
  await Deno.mkdir(join(place.path, "artifacts"), { recursive: true });
  for (const [i, args] of commands.entries()) {
    assertEquals(await fanin(place, args), expected[i], args.join(" "));
  }
  // Those that begin at once wait for each other.
  assertEquals(await Promise.all(commands.map((args) => fanin(place, args))), expected);
});

Deno.test("a command after an edit of the pipeline runs what was edited", async () => {
  await using place = await workspaceOfOneProcess();
  const cli = await copyPipeline(place);
  const jobs = async () =>
    Object.keys(await planned(place, cli)).filter((job) => /random/.test(job));
  assertEquals(await jobs(), ["random/first"]);
  await edit(join(place.path, "mod.ts"), '"random/first"', '"random/next"');
  assertEquals(await jobs(), ["random/next"]);
});

Deno.test("a process that ends before its command fails it, with what it said", async () => {
  const line = `console.error("no memory"); Deno.exit(0)`;
  await using process = startCommands({ args: ["eval", "-q", line], cwd: root, env: {} });
  await assertRejects(
    () => process.run(["runs"]),
    Error,
    "expected runs to end, found: no memory\n",
  );
});
