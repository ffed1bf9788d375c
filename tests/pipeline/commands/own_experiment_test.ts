/** Runs the commands of docs/tutorial.md in order, and compares their output with the page's. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { commands } from "../../../pipeline/commands/mod.ts";
import { root } from "../../support/checkout.ts";
import { assertPrinted, checkout, filesIn, stepsIn } from "../../support/documented_steps.ts";
import { workspace } from "../../support/workspace.ts";
import { copyTree, edit } from "../../support/copied_files.ts";
import { shell } from "../../support/shell.ts";
import { succeedIn } from "../../support/succeed.ts";

const tutorial = await Deno.readTextFile(join(root, "docs", "tutorial.md"));

const steps = stepsIn(tutorial);

/** Copies the other kinds of projects into one, to check all types at once: the engine's own take longest. */
async function copyOthers(to: string): Promise<void> {
  for (const template of ["program", "training"]) {
    const from = join(root, "pipeline", "commands", "templates", template);
    await copyTree(from, join(to, template));
  }
  const guide = await Deno.readTextFile(join(root, "docs", "programs.md"));
  for (const [name, text] of Object.entries(filesIn(guide))) {
    await Deno.writeTextFile(join(to, name), text);
  }
}

/** Parts of a checkout that only this repository's own experiments need. */
const ownParts = ["stages", "artifacts", "pipeline/cli.ts"];

Deno.test("every command works in a separate repository", () => {
  const text = Deno.readTextFileSync(
    join(root, "pipeline", "commands", "templates", "common", "deno.json"),
  );
  const { tasks } = JSON.parse(text) as { tasks: Record<string, string> };
  assertEquals(Object.keys(commands).filter((name) => !(name in tasks)), []);
});

Deno.test("a project built by the tutorial does what the tutorial says", async (t) => {
  await using place = await workspace();
  const own = join(place.path, "needle");
  const engine = join(place.path, "fanin");
  await checkout(engine);
  let at = engine;
  for (const step of steps) {
    await t.step(step.command, async () => {
      const [, to] = /^cd (\S+)$/.exec(step.command) ?? [];
      if (to !== undefined) {
        at = join(at, to);
        assertEquals(at, own);
        // The engine works without the assignment.
        for (const part of ownParts) await Deno.remove(join(engine, part), { recursive: true });
        await Deno.remove(join(engine, "node_modules"));
        return;
      }
      const { code, out, err } = await shell(step.command, at);
      assertEquals(code, step.code, `${step.command}\n${out}${err}`);
      assert(!/warning/i.test(err), `${step.command}\n${err}`);
      assertPrinted(step, out + err);
    });
  }

  await t.step("the report and files of the project mention only the project", async () => {
    const latest = join(own, "artifacts", "latest");
    const page = await Deno.readTextFile(join(latest, "report.html"));
    const body = page.slice(page.indexOf("<body>")).replaceAll(/<script.*?<\/script>/gs, "");
    assertStringIncludes(body, "Lazzarini");
    const ledger = await Deno.readTextFile(join(latest, "claims.md"));
    const summary = await Deno.readTextFile(join(latest, "summary.txt"));
    const words = /\b(question|document|assignment|m?nist|epochs?|networks?|train\w*|pytorch)\b/i;
    for (const text of [body, ledger, summary]) {
      const found = words.exec(text);
      assertEquals(found && text.slice(found.index - 60, found.index + 60), null);
    }
  });

  await t.step("an edit of engine code that no stage uses reruns nothing", async () => {
    await edit(join(engine, "pipeline", "commands", "plan.ts"), "toRun === 0", "toRun < 1");
    // Made when it is loaded, by a module that what stages import from imports.
    await edit(join(engine, "schemas", "run", "experiment.ts"), "expected a-z, 0-9", "a-z, 0-9");
    assertStringIncludes((await succeedIn(own, "deno task plan")).out, "Everything is up to date");
  });

  await t.step("the other commands work too", async () => {
    assertStringIncludes((await succeedIn(own, "deno task verify")).out, "all as their names say");
    assertStringIncludes((await succeedIn(own, "deno task runs")).out, "needle");
    await succeedIn(own, "deno task gc --last 1 --yes");
    const [archive] = [...Deno.readDirSync(join(own, "artifacts", "exports"))];
    await succeedIn(own, `deno task import artifacts/exports/${archive.name}`);
  });

  await t.step("an edited npm package is reported, and no job runs with it", async () => {
    const packages = join(own, "node_modules", ".deno");
    const zod = [...Deno.readDirSync(packages)].find(({ name }) => name.startsWith("zod@"))!;
    const path = `node_modules/.deno/${zod.name}/node_modules/zod/index.js`;
    const forced = "deno task reproduce --force throw/lazzarini";
    await succeedIn(own, forced);
    // Makes another file of it: the one that Deno keeps for all projects stays.
    await succeedIn(own, `sed -i.bak '1s|^|/* edited */ |' ${path} && mv ${path}.bak index.js`);
    const named = `${path} was changed since the package zod was first used here`;
    const { code, err } = await shell(forced, own);
    assertEquals([code, err.includes(named)], [2, true], err);
    const verified = await shell("deno task verify", own);
    assertEquals([verified.code, verified.out.includes(named)], [1, true], verified.out);
    assertStringIncludes((await succeedIn(own, "deno task reproduce")).out, "2 jobs");
    await succeedIn(own, `mv index.js ${path}`);
    await succeedIn(own, forced);
    await succeedIn(own, "deno task verify");
  });

  await t.step(
    "a file is written anywhere, by a path that counts from where the user stands",
    async () => {
      const stand = join(own, "stages");
      const said = await shell("deno task grade --output ../../elsewhere/grade.txt", stand);
      assertEquals(said.code, 0, said.err);
      assertStringIncludes(said.err, "Written to ../../elsewhere/grade.txt.");
      const written = await Deno.readTextFile(join(place.path, "elsewhere", "grade.txt"));
      assertStringIncludes(written, "2 of 2 items");
      assertMatch(
        (await succeedIn(stand, "deno task report")).out,
        /^\.\.\/artifacts\/runs\/\S+\.html$/m,
      );
      const refused = await shell("deno task grade --output ..", stand);
      assertEquals(refused.code, 2);
      assertStringIncludes(refused.err, ".. cannot be written: it is a directory");
    },
  );

  await t.step("`new` writes a stage and an experiment that work", async () => {
    const add = async (told: string) => {
      const { written, add: { to, lines }, run } = JSON.parse(told);
      const [line, job] = lines.length === 2 ? lines : [undefined, lines[0]];
      const path = join(own, to);
      const text = await Deno.readTextFile(path);
      const end = text.lastIndexOf(to.endsWith("mod.ts") ? "});" : "  },\n});");
      const added = `${text.slice(0, end)}${job}\n${text.slice(end)}`;
      await Deno.writeTextFile(path, line ? added.replace(/^import/m, `${line}\nimport`) : added);
      return { written, run };
    };
    const stage = await add(
      (await succeedIn(own, "deno task -q new stage count-squares --json")).out,
    );
    assertEquals(stage.written, ["stages/count_squares.ts", "tests/count_squares_test.ts"]);
    await add((await succeedIn(own, "deno task -q new experiment tiny --json")).out);
    const others = join(own, "others");
    await copyOthers(others);
    await succeedIn(
      own,
      "deno fmt --check && deno lint && deno check . && deno test --no-check tests/",
    );
    await Deno.remove(others, { recursive: true });
    assertEquals(stage.run[1], "deno task reproduce --only count-squares");
    await succeedIn(own, `${stage.run[1]} --experiment tiny`);
    const metrics = JSON.parse(
      await Deno.readTextFile(join(own, "artifacts", "latest", "metrics.json")),
    );
    assertEquals(metrics, { "count-squares.sum": 385 });
    const again = await shell("deno task new stage count-squares", own);
    assertEquals(again.code, 2);
    assertMatch(again.err, /has the stage count-squares already/);
  });
});
