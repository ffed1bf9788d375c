/** Tests panels in the report: which are shown, what the policy allows, and their behaviour in a browser. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Project } from "../../../pipeline/engine/project/project.ts";
import { browserScript } from "../../../pipeline/report/browser_bundle.ts";
import { writeReport } from "../../../pipeline/report/write_report.ts";
import { openRun } from "../../../pipeline/runs/open_run.ts";
import { smallDepth, smallDesign, smallErrors } from "../../fixtures/panels/small_theory.ts";
import { inBrowser } from "../../support/browser/in_browser.ts";
import { recordReportRun, runId } from "../../support/browser/report_run.ts";
import { root } from "../../support/checkout.ts";
import { workspace } from "../../support/workspace.ts";

Deno.test("panels stand in the page of a run that has what they need", async (t) => {
  await using place = await workspace();
  const artifacts = join(place.path, "artifacts");
  await recordReportRun(artifacts, {
    "init-check/theory": {
      "design.json": { type: "theory-design", value: smallDesign },
      "depth.json": { type: "depth-theory", value: await smallDepth() },
    },
    "expressivity": { "errors.json": { type: "approximation-errors", value: smallErrors() } },
  });
  const project: Project = {
    root,
    artifacts,
    dag: [],
    dagModule: "",
    experiments: {},
    panelsModule: new URL("../../fixtures/panels/mod.ts", import.meta.url).href,
  };
  const write = async (of: Project) => {
    const { path, problems } = await writeReport(of, await openRun(artifacts, runId), {
      load: () => Promise.resolve(of),
    });
    return { path, problems, html: await Deno.readTextFile(path) };
  };
  const without = await write({ ...project, panelsModule: undefined });
  assert(!/class="panel"|wasm-unsafe-eval/.test(without.html));
  const { path, problems, html } = await write(project);
  assertEquals((await write(project)).html, html);
  assertEquals(
    [...html.matchAll(/class="panel" id="([^"]+)"/g)].map(([, id]) => id),
    ["panel-boxes", "panel-initialisation", "panel-fails-in-page"],
  );
  assertStringIncludes(html, "&#39;wasm-unsafe-eval&#39;");
  assertStringIncludes(
    problems.join("\n"),
    "The panel not-prepared is left out of this report. It has no data.",
  );
  const results = await inBrowser("drive_panels.ts", pathToFileURL(path).href);
  for (const [name, problem] of Object.entries(results)) {
    await t.step(name, () => assertEquals(problem, null, problem ?? ""));
  }
});

Deno.test("a page's script is made again when a file in it changes, and refuses packages", async () => {
  await using place = await workspace();
  const [entry, part] = ["entry.ts", "part.ts"].map((name) => join(place.path, name));
  const wanted = { root, entry, cache: join(place.path, "cache.json"), global: "made" };
  const value = async () => new Function(`${await browserScript(wanted)}; return made.value`)();
  await Deno.writeTextFile(entry, `export { value } from "./part.ts";`);
  await Deno.writeTextFile(part, `export const value: number = 1;`);
  assertEquals(await value(), 1);
  const cached = await Deno.readTextFile(wanted.cache);
  assertEquals(await value(), 1);
  assertEquals(await Deno.readTextFile(wanted.cache), cached);
  await Deno.writeTextFile(part, `export const value: number = 2;`);
  assertEquals(await value(), 2);
  await Deno.writeTextFile(part, `import "zod";\nexport const value = 3;`);
  const refused = await value().then(() => "", ({ message }: Error) => message);
  assertMatch(refused, /^entry\.ts: expected a script that .* found imports of zod\./);
});
