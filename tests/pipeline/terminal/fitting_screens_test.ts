/** Tests that the screens of whole commands fit terminals from 40 to 200 columns. */
import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { cellWidth } from "../../../pipeline/terminal/cell_width.ts";
import { quoted, shell, testOnLinux } from "../../support/shell.ts";
import { root } from "../../support/checkout.ts";
import { fanin, faninLine, workspace } from "../../support/workspace.ts";

const metric = (id: string, group: string, low: number) => ({
  id,
  title: id,
  group,
  target: { kind: "metric", name: "first.even" },
  expected: { kind: "range", range: { low, high: 3 } },
  source: { from: "document", where: "this test" },
});

const expected = {
  version: 1,
  title: "short",
  about: "",
  experiment: "short",
  items: [
    metric("even", "Numbers of the first question", 1),
    metric("even-at-a-larger-scale", "Numbers of the second question", 2),
  ],
};

const commands: readonly string[] = [
  "reproduce --experiment short -v",
  "reproduce --experiment short -q",
  "plan",
  "plan --all --set numbers.first.values=[1,2,3,4,5,6,7,8,9,10,11,12]",
  "runs",
  "show",
  "show latest:numbers/first",
  "metrics --all",
  "params",
  "why numbers",
  "dag",
  "diff latest~1 latest",
  "diff --all latest~1 latest",
  "reference latest~1",
  "grade",
  "grade -v",
  "grade -q",
  "verify",
  "gc",
  "gc --last 1",
  "--help",
  ...["reproduce", "grade", "gc", "autograder", "export", "nothing"].map((name) =>
    `${name} --help`
  ),
];

/** Words that no space breaks, such as a path, are the terminal's. */
const longestWord = (line: string): number => Math.max(...line.trim().split(/ +/).map(cellWidth));

testOnLinux("every command's screen fits terminals from 40 to 200 columns", async () => {
  await using place = await workspace();
  const { path } = place;
  const directory = join(path, "artifacts", "reference");
  await fanin(place, ["reproduce", "--experiment", "short"]);
  await Deno.mkdir(directory);
  await Deno.writeTextFile(join(directory, "expected-short.json"), JSON.stringify(expected));
  await fanin(place, ["reproduce", "--experiment", "short", "--set", "numbers.first.values=[2,4]"]);
  const line = await faninLine(place);
  for (const columns of [40, 200]) {
    const script = commands.map((command) => `echo '$ ${command}'; ${line} ${command}`).join("\n");
    const file = join(path, "screens.sh");
    await Deno.writeTextFile(file, `stty cols ${columns}\n${script}\n`);
    const command = `NO_COLOR=1 TERM=dumb script -qec ${quoted(`sh ${quoted(file)}`)} /dev/null`;
    const { out } = await shell(command, root);
    const lines = out.replaceAll("\r\n", "\n").split("\n");
    assertEquals(lines.filter((line) => line.startsWith("$ ")).length, commands.length);
    let shown = "";
    for (const line of lines) {
      if (line.startsWith("$ ")) shown = line;
      const fits = cellWidth(line) <= columns || longestWord(line) > columns;
      assert(line === shown || fits, `${shown} at ${columns} columns:\n${line}`);
    }
  }
});
