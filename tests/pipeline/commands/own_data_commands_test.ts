/** Tests own data in `reproduce`, `plan`, `diff`, `report` and an export. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join, relative } from "node:path";
import { Manifest } from "../../../schemas/run/manifest.ts";
import { manifestProblems } from "../../../pipeline/runs/validate.ts";
import { artifactsOf, descriptions } from "../../../pipeline/archive/contents.ts";
import { statementOf } from "../../../pipeline/archive/provenance.ts";
import { crateOf } from "../../../pipeline/archive/ro_crate.ts";
import { sha256Of } from "../../../pipeline/store/sha256.ts";
import { brokenRules, CrateIndex } from "../../support/crate_rules.ts";
import { cliOf, root } from "../../support/checkout.ts";
import { fanin, runsIn, workspaceOfOneProcess } from "../../support/workspace.ts";
import type { Ended } from "../../support/deno_command.ts";
import { readJson } from "../../support/copied_files.ts";
import { succeed } from "../../support/succeed.ts";

const cli = cliOf("own_data");

Deno.test("every command treats own data as an input", async (t) => {
  await using place = await workspaceOfOneProcess();
  const data = join(place.path, "data");
  const table = join(data, "table.csv");
  const name = `${relative(root, place.path)}/data/table.csv`;
  const pages = `${relative(root, place.path)}/data/pages`;
  const call = (...args: string[]): Promise<Ended> => fanin(place, args, cli);
  const printed = async (...args: string[]): Promise<string> => {
    const { out, err } = await succeed(call(...args));
    return out + err;
  };
  /** A plan in which something would run. */
  const planToRun = async (...args: string[]): Promise<string> => {
    const { code, out, err } = await call("plan", ...args);
    assertEquals(code, 3, err);
    return out + err;
  };
  /** Checks that these jobs of the latest run ran, and that all others were cached. */
  const assertRan = async (...ran: string[]) => {
    const { jobs } = await readJson(place.path, "artifacts", "latest", "manifest.json");
    const found = jobs.map(({ name, status }: { name: string; status: string }) => [name, status]);
    const all = [name, pages, "add/table", "compare/both", "count/pages"];
    assertEquals(
      Object.fromEntries(found),
      Object.fromEntries(all.map((job) => [job, ran.includes(job) ? "ran" : "cached"])),
    );
  };

  await t.step("missing data is reported in one sentence, and nothing runs", async () => {
    const { code, err } = await call("reproduce");
    assertEquals(code, 2);
    assertStringIncludes(err, `${name} cannot be read as an input: it does not exist.`);
    assertEquals(err.trim().split("\n").length, 1, err);
  });

  await Deno.mkdir(join(data, "pages", "deep"), { recursive: true });
  await Deno.writeTextFile(table, "1\n2\n3\n");
  await Deno.writeTextFile(join(data, "pages", "deep", "a.txt"), "one");

  await t.step("a plan stores nothing, a run has its metrics from the data", async () => {
    assertStringIncludes(await planToRun(), `${name}  run`);
    await printed("reproduce");
    const metrics = await readJson(place.path, "artifacts", "latest", "metrics.json");
    assertEquals(metrics, { "both.mean": 2, "pages.bytes": 3, "pages.files": 1, "table.total": 6 });
    assertStringIncludes(await printed("reproduce"), "up to date");
  });

  await t.step("the manifest has the data with key and hash, and is consistent", async () => {
    const manifest = Manifest.parse(
      await readJson(place.path, "artifacts", "latest", "manifest.json"),
    );
    const job = manifest.jobs.find((job) => job.name === name)!;
    const sha256 = sha256Of("1\n2\n3\n");
    assertEquals(job.lines, ["source file", `file ${name} sha256:${sha256}`]);
    assertEquals(job.outputs.content.sha256, sha256);
    assertEquals(job.outputs.content.mediaType, "text/csv");
    assertEquals(manifestProblems(manifest), []);
    const artifacts = artifactsOf(manifest);

    const present = new Map(
      ["manifest.json", "metrics.json", "summary.txt", ...descriptions].map((path) => [path, 1]),
    );
    const crate = crateOf(manifest, artifacts, present, { authors: [] });
    assertEquals(brokenRules(crate), []);
    const index = new CrateIndex(crate);
    const file = index.byId.get(job.outputs.content.file)!;
    const run = index.byId.get("#run");
    assertEquals(index.at(run, "object").includes(file), true);
    assertEquals(index.toolRuns.some((run) => index.at(run, "result").includes(file)), false);
    const kinds = index.at(file, "exampleOfWork").map((parameter) => parameter?.name);
    assertEquals(kinds.includes(name) && kinds.includes("table"), true);

    const { resolvedDependencies } = statementOf(manifest, artifacts, []).predicate.buildDefinition;
    assertEquals(
      resolvedDependencies.find((one) => one.name === name)?.digest,
      { sha256 },
    );
  });

  await t.step(
    "an edit is in the plan, reruns what needs it, and is the cause of a diff",
    async () => {
      await Deno.writeTextFile(table, "1\n2\n6\n");
      const plan = await planToRun("--all");
      assertMatch(plan, new RegExp(`${name} +run +the file ${name}`));
      assertMatch(plan, new RegExp(`add/table +run +other bytes of its input table, from ${name}`));
      assertMatch(plan, /count\/pages +cached/);
      const explained = await printed("plan", "--explain", name);
      assertStringIncludes(explained, `+ file ${name} sha256:${sha256Of("1\n2\n6\n")}`);
      await printed("reproduce");
      await assertRan(name, "add/table", "compare/both");
      const [first, second] = runsIn(place.path);
      const { code, out } = await call("diff", first, second);
      assertEquals(code, 1);
      assertStringIncludes(out, `the file ${name}`);
    },
  );

  await t.step("the same command detects a file added to a directory", async () => {
    await Deno.writeTextFile(join(data, "pages", "b.txt"), "more");
    await printed("reproduce");
    await assertRan(pages, "count/pages");
    assertStringIncludes(await printed("reproduce"), "up to date");
    await Deno.writeTextFile(join(data, "pages", "deep", "c.txt"), "");
    await printed("reproduce");
    const metrics = await readJson(place.path, "artifacts", "latest", "metrics.json");
    assertEquals(metrics["pages.files"], 3);
  });

  await t.step(
    "verify reads it, the report shows it, an export has it and gc keeps it",
    async () => {
      await printed("verify");
      await printed("report");
      const page = await Deno.readTextFile(join(place.path, "artifacts", "latest", "report.html"));
      assertStringIncludes(page, `<span class="id">${name}</span>`);
      await printed("gc", "--last", "1", "--yes");
      assertStringIncludes(await printed("reproduce"), "up to date");
      const archive = join(place.path, "run.zip");
      await printed("export", "latest", "--output", archive);
      await Deno.remove(join(place.path, "artifacts"), { recursive: true });
      await printed("import", archive);
      const jobs = JSON.parse((await call("plan", "--json")).out).jobs;
      assertEquals(new Set(jobs.map(({ state }: { state: string }) => state)), new Set(["cached"]));
    },
  );
});
