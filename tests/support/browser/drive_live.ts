/**
 * Checks of the live page in a browser; started by `tests/pipeline/report/report_live_test.ts`. The address is followed
 * by a directory in which each check leaves an empty file when it wants the run to go on.
 */
import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { runChecks } from "./drive.ts";

const goOn = (name: string) => Deno.writeTextFile(join(Deno.args[1], name), "");

await runChecks({
  "the page shows the run as it goes on, and comes back after the server was gone": async (
    browser,
    address,
  ) => {
    const page = await browser.newPage();
    const said: string[] = [];
    page.on("pageerror", (error) => said.push(error.message));
    page.on("console", (message) => {
      if (message.text().includes("Content Security Policy")) said.push(message.text());
    });
    await page.goto(address);
    const state = (job: string, text: string) =>
      page.locator("#jobs tbody tr", { hasText: job }).locator("td", { hasText: text }).first()
        .waitFor();
    await state("train/small", "running");
    await page.locator("#curves .role-mark path").first().waitFor({ state: "attached" });
    // A job's progress may be reported after its first metrics.
    await page.locator("#running", { hasText: /train\/small.*20 of 100 samples/s }).waitFor();
    await goOn("seen");

    await page.getByText("Connection lost").waitFor();
    await goOn("lost");

    await state("train/small", "ran");
    await page.locator("#report").waitFor({ state: "visible" });
    await page.locator("#curves .mark-symbol.role-mark path").nth(2).waitFor({ state: "attached" });
    // A value that is not finite has no point, breaks no axis and is reported once.
    assertEquals(await page.locator("#curves .note").allTextContents(), [
      "train/small: Infinity at step 3",
    ]);
    const axis = await page.locator("#curves .role-axis-label text").allTextContents();
    assertEquals(axis.filter((label) => /NaN|∞|Infinity/.test(label)), []);
    assertEquals(await page.locator("#jobs tbody tr").count(), 2);
    assertEquals(said, []);
    await page.close();
  },
});
