/**
 * Tests that a run reveals only a listed set of environment variables, and only the commit of the
 * repository. Tests too that a run passes nothing on that a terminal would act on.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { summaryOf } from "../../../pipeline/runs/run_summary.ts";
import { printable } from "../../../pipeline/terminal/escape.ts";
import { laidOut } from "../../../pipeline/terminal/laid_out.ts";
import { escapedJson } from "../../../pipeline/terminal/escaped_json.ts";
import { commitOf } from "../../../pipeline/runs/read_manifest.ts";
import { Manifest } from "../../../schemas/run/manifest.ts";
import { root } from "../../support/checkout.ts";
import { fanin, runsIn, workspace } from "../../support/workspace.ts";
import { readJson } from "../../support/copied_files.ts";
import { runArguments } from "../../support/deno_command.ts";

const decoder = new TextDecoder();

/** Every file below a directory that contains a text. */
function* filesWith(text: string, directory: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(directory)) {
    const path = join(directory, name);
    if (isDirectory) yield* filesWith(text, path);
    else if (decoder.decode(Deno.readFileSync(path)).includes(text)) yield path;
  }
}

Deno.test("secrets of the environment or of a git remote are in no file or output of a run", async () => {
  await using place = await workspace();
  const canary = "canary-1f4b7c";
  const artifacts = join(place.path, "artifacts");
  const repository = join(place.path, "repository");
  const git = (...args: string[]) =>
    `git -c user.name=x -c user.email=x@example.org ${args.join(" ")}`;
  const shell = await new Deno.Command("sh", {
    args: [
      "-c",
      [
        git("init", "-q", `"$0"`),
        `cd "$0"`,
        git("commit", "-q", "--allow-empty", "-m", canary),
        git("remote", "add", "origin", `https://user:${canary}@example.org/${canary}.git`),
      ].join(" && "),
      repository,
    ],
  }).output();
  assert(shell.success, decoder.decode(shell.stderr));
  const cli = join(root, "tests", "fixtures", "counting", "cli.ts");
  const secrets = { SECRET: canary, AWS_SECRET_ACCESS_KEY: canary, GIT_ASKPASS: canary };
  const { code, stdout, stderr } = await new Deno.Command("deno", {
    args: runArguments(cli, artifacts, "reproduce"),
    cwd: root,
    stdin: "null",
    env: {
      NO_COLOR: "1",
      GIT_DIR: join(repository, ".git"),
      GIT_WORK_TREE: repository,
      ...secrets,
    },
  }).output();
  assertEquals(code, 0, decoder.decode(stderr));
  const [run] = runsIn(place.path);
  const manifest = Manifest.parse(await readJson(artifacts, "runs", run, "manifest.json"));
  assertEquals(commitOf(manifest)?.clean, true, "the repository was looked at");
  assertEquals([...filesWith(canary, artifacts)], []);
  assert(!(decoder.decode(stdout) + decoder.decode(stderr)).includes(canary));
});

Deno.test("control characters are escaped in every message and result", async () => {
  assertEquals(
    printable("a\x1b[2J\x9b1;1H\rb\u202eevil\u2066\tc\nd\ud800"),
    "a\\u001b[2J\\u009b1;1H\\rb\\u202eevil\\u2066\\tc\\nd\\ud800\n",
  );
  const value = { "\x1b]0;title\x07": "\x9b2J\u202e" };
  assertEquals(printable(escapedJson(value).split("\n")), escapedJson(value) + "\n");
  assertEquals(JSON.parse(escapedJson(value)), value);

  await using place = await workspace();
  const { code, err } = await fanin(place, ["reproduce", "--only", "a\x1b[2Jb"]);
  assertEquals(code, 2);
  assertStringIncludes(err, 'No job is named "a\\u001b[2Jb"');
});

Deno.test("a manifest that someone else wrote cannot move the cursor by its names and errors", async () => {
  await using place = await workspace();
  await fanin(place, ["reproduce", "--only", "numbers/first"]);
  const [run] = runsIn(place.path);
  const file = join(place.path, "artifacts", "runs", run, "manifest.json");
  const manifest = await readJson(file);
  manifest.jobs[0].name = "numbers\x1b[2J";
  manifest.jobs[0].error = "\x1b]0;title\x07";
  const empty = { version: 1, claims: [], controls: [] };
  // deno-lint-ignore no-explicit-any
  const text = printable(laidOut(summaryOf(Manifest.parse(manifest), empty as any, [])));
  assertStringIncludes(text, "numbers\\u001b[2J");
  // deno-lint-ignore no-control-regex
  assert(!/[\x00-\x08\x0b-\x1f\x7f-\x9f]/.test(text));
  await Deno.writeTextFile(file, `${JSON.stringify(manifest).slice(0, -1)},"\x1b[2J":1}`);
  const { out } = await fanin(place, ["runs"]);
  // deno-lint-ignore no-control-regex
  assert(!/[\x00-\x08\x0b-\x1f\x7f-\x9f]/.test(out), JSON.stringify(out));
});
