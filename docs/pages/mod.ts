/**
 * Regenerates what the documents take from code and from the reference run.
 *
 *     deno task docs
 */
import { runProgram } from "../../pipeline/commands/program.ts";
import { commandLinePage } from "./command_line.ts";
import { resultsPage, summaryTable } from "./results.ts";

const root = new URL("../../", import.meta.url);

/** Markdown as `deno fmt` leaves it. */
async function formatted(text: string): Promise<string> {
  const process = new Deno.Command("deno", {
    args: ["fmt", "--ext=md", "-"],
    cwd: root,
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = process.stdin.getWriter();
  await writer.write(new TextEncoder().encode(`${text}\n`));
  await writer.close();
  const { success, stdout } = await process.output();
  if (!success) throw new Error("deno fmt failed on a generated page");
  return new TextDecoder().decode(stdout);
}

const marked = /(<!-- results -->\n).*(\n<!-- end of results -->)/s;

/** Path from the root → the text that the file must have. */
export async function generatedPages(): Promise<Map<string, string>> {
  const readme = await Deno.readTextFile(new URL("README.md", root));
  if (!marked.test(readme)) {
    throw new Error("README.md: expected <!-- results --> and <!-- end of results -->");
  }
  const withResults = readme.replace(
    marked,
    (_, start, end) => `${start}\n${summaryTable()}\n${end}`,
  );
  return new Map(
    await Promise.all(
      [
        ["README.md", withResults],
        ["docs/command-line.md", await commandLinePage()],
        ["docs/results.md", resultsPage()],
      ].map(async ([path, text]): Promise<[string, string]> => [path, await formatted(text)]),
    ),
  );
}

if (import.meta.main) {
  Deno.exitCode = await runProgram("docs", {
    about: "regenerates the documents that follow from code and from the reference run",
    flags: {},
    async run() {
      for (const [path, text] of await generatedPages()) {
        await Deno.writeTextFile(new URL(path, root), text);
      }
      return 0;
    },
  }, Deno.args);
}
