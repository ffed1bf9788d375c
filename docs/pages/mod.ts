/**
 * Regenerates what the documents take from code and from the reference run.
 *
 *     deno task docs
 */
import { runProgram } from "../../pipeline/commands/program.ts";
import { auditSection } from "./audit_section.ts";
import { commandLinePage } from "./command_line.ts";
import { readBench } from "../../tests/bench/bench_file.ts";
import { performanceSections } from "./performance.ts";
import { resultsPage, summaryTable } from "./results_page.ts";
import { terminalPicture } from "./terminal_picture.ts";
import { wrongProgramsText } from "./wrong_programs.ts";

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

/** A page with the text between `<!-- name -->` and `<!-- end of name -->` replaced, for each name. */
async function filledIn(path: string, texts: Record<string, string>): Promise<string> {
  const page = await Deno.readTextFile(new URL(path, root));
  return Object.entries(texts).reduce(
    (page, [name, text]) => withSection(path, page, name, text),
    page,
  );
}

function withSection(path: string, page: string, name: string, text: string): string {
  const marked = new RegExp(`(<!-- ${name} -->\\n).*(\\n<!-- end of ${name} -->)`, "s");
  if (!marked.test(page)) {
    throw new Error(`${path}: expected <!-- ${name} --> and <!-- end of ${name} -->`);
  }
  return page.replace(marked, (_, start, end) => `${start}\n${text}\n${end}`);
}

/** Path from the root → the text that the file must have. */
export async function generatedPages(): Promise<Map<string, string>> {
  const grading = await filledIn("docs/grading.md", {
    "wrong programs": await wrongProgramsText(),
  });
  const performance = await filledIn("docs/performance.md", performanceSections(readBench()));
  const pages = [
    ["README.md", await filledIn("README.md", { results: summaryTable() })],
    ["docs/audit.md", await filledIn("docs/audit.md", { audit: auditSection() })],
    ["docs/command-line.md", await commandLinePage()],
    ["docs/grading.md", grading],
    ["docs/performance.md", performance],
    ["docs/results.md", resultsPage()],
  ];
  const texts = pages.map(async ([path, text]) => [path, await formatted(text)] as const);
  return new Map([
    ...await Promise.all(texts),
    ["docs/images/terminal.svg", terminalPicture()],
  ]);
}

if (import.meta.main) {
  Deno.exitCode = await runProgram("docs", {
    about: "regenerates documents from code and from the reference run",
    flags: {},
    async run() {
      for (const [path, text] of await generatedPages()) {
        await Deno.writeTextFile(new URL(path, root), text);
      }
      return 0;
    },
  }, Deno.args);
}
