/** Tests the record of the commit that a run was made from, and the message if git does not report it. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { citationOf } from "../../../pipeline/archive/citation.ts";
import { statementOf } from "../../../pipeline/archive/provenance.ts";
import { commitOf, commitWords } from "../../../pipeline/runs/read_manifest.ts";
import { type Git, Manifest } from "../../../schemas/run/manifest.ts";
import { lendCaches } from "../../support/kept_caches.ts";
import { cliOf, root } from "../../support/checkout.ts";
import { madeUpRun } from "../../support/made_up_run.ts";
import { workspace } from "../../support/workspace.ts";
import { deno, permissions } from "../../support/deno_command.ts";
import { quoted, shell } from "../../support/shell.ts";
import { readJson } from "../../support/copied_files.ts";

/** Git alone, without what the machine or its user have set up. */
const bare = { GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_SYSTEM: "/dev/null" };

/** Returns the result of `gitState` for a directory, from a process of its own. */
async function stateOf(directory: string, env: Record<string, string> = {}): Promise<Git | null> {
  const module = import.meta.resolve("../../../pipeline/engine/machine/git_state.ts");
  const code = `import { gitState } from ${JSON.stringify(module)};
console.log(JSON.stringify(await gitState(${JSON.stringify(directory)})));`;
  const { out, err } = await deno(["eval", code], { ...bare, ...env });
  if (out === "") throw new Error(err);
  return JSON.parse(out);
}

async function repository() {
  const place = await workspace();
  const git = (command: string) =>
    shell(`git -c user.name=a -c user.email=a@b.example ${command}`, place.path);
  await git("init --quiet");
  return { place, git };
}

Deno.test("the commit is recorded, and uncommitted changes", async () => {
  const { place, git } = await repository();
  await using _ = place;
  assertEquals(await stateOf(place.path), { unknown: "the repository has no commit yet" });
  await git("commit --quiet --allow-empty --message one");
  const commit = (await git("rev-parse HEAD")).out.trim();
  assertEquals(await stateOf(place.path), { commit, clean: true });
  await Deno.writeTextFile(join(place.path, "new.txt"), "");
  assertEquals(await stateOf(place.path), { commit, clean: false });
});

Deno.test("a commit is shown by the digits that git shows, with what was changed since", () => {
  const { environment } = madeUpRun([]).manifest;
  const wordsOf = (git: typeof environment.git) =>
    commitWords({ environment: { ...environment, git } });
  const commit = "0123456789abcdef0123456789abcdef01234567";
  assertEquals(wordsOf({ commit, clean: true }), "01234567");
  assertEquals(
    wordsOf({ commit, clean: false }),
    "01234567, with changes that are not committed",
  );
  assertEquals([wordsOf(null), wordsOf({ unknown: "no git" })], [undefined, undefined]);
});

Deno.test("no repository, a refusal by git and a missing git are distinguished", async () => {
  const { place } = await repository();
  await using _ = place;
  assertEquals(await stateOf("/"), null);
  // As git's own tests have it: the repository belongs to somebody else.
  const refused = await stateOf(place.path, { GIT_TEST_ASSUME_DIFFERENT_OWNER: "1" });
  assertEquals(refused, {
    unknown: `git says: detected dubious ownership in repository at '${place.path}'`,
  });
  assertMatch(
    JSON.stringify(await stateOf(place.path, { GIT_DIR: join(place.path, "none") })),
    /^\{"unknown":"git says: not a git repository: /,
  );
});

Deno.test("a run says that its commit is not known, and why, and records the reason", async () => {
  await using place = await workspace();
  const artifacts = join(place.path, "artifacts");
  await lendCaches(artifacts, "counting");
  const runWith = (environment: string) =>
    shell(
      `deno=$(command -v deno); ${environment} "$deno" ${
        ["run", "--frozen", ...permissions, cliOf("counting"), artifacts].map(quoted).join(" ")
      } reproduce --force numbers/first`,
      root,
    );
  const recorded = async () => Manifest.parse(await readJson(artifacts, "latest", "manifest.json"));
  const absent = await runWith("PATH=/nonexistent");
  assertEquals(absent.code, 0, absent.err);
  const sentence = "the run is recorded without its commit: git is not installed";
  assertStringIncludes(absent.err, sentence);
  const manifest = await recorded();
  assertEquals(manifest.environment.git, { unknown: "git is not installed" });
  assertEquals(commitOf(manifest), undefined);
  assert(!/^commit:/m.test(citationOf(manifest, { authors: [] })));
  assert(!JSON.stringify(statementOf(manifest, [], [])).includes("gitCommit"));

  const foreign = await runWith(
    "GIT_TEST_ASSUME_DIFFERENT_OWNER=1 GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null",
  );
  assertEquals(foreign.code, 0, foreign.err);
  assertMatch(
    foreign.err,
    /dubious ownership in repository at '(.+)'. If you trust it: git config --global --add safe\.directory "\1"/,
  );
});
