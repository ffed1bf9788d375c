/** Tests in a browser that every page fits its width and can be read by everybody. */
import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { loadScripts } from "../../../pipeline/report/client_script.ts";
import { inBrowser } from "../../support/browser/in_browser.ts";
import { pageOfClass, pageOfLiveRun, pageOfTwoRuns } from "../../support/browser/made_pages.ts";
import { root } from "../../support/checkout.ts";
import { workspace } from "../../support/workspace.ts";

const pages: Record<string, (artifacts: string) => Promise<string>> = {
  "two runs": async (artifacts) =>
    await pageOfTwoRuns([(await loadScripts("report", { root, artifacts })).page]),
  "a class": pageOfClass,
  "a run in progress": pageOfLiveRun,
};

for (const [name, made] of Object.entries(pages)) {
  Deno.test(`the page of ${name} fits every width and is read by everybody`, async () => {
    await using place = await workspace();
    const path = join(place.path, "page.html");
    await Deno.writeTextFile(path, await made(join(place.path, "artifacts")));
    const results = await inBrowser("drive_page.ts", pathToFileURL(path).href);
    for (const [check, problem] of Object.entries(results)) {
      assertEquals(problem, null, `${check}: ${problem}`);
    }
  });
}
