/** Tests that submissions come from any path, and that grades go to any path, without a question. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { parseCsv } from "../../../pipeline/formats/csv.ts";
import { faninLine, workspace } from "../../support/workspace.ts";
import { quoted, shell, testOnLinux } from "../../support/shell.ts";
import { root } from "../../support/checkout.ts";

const expected = {
  version: 1,
  title: "anywhere",
  about: "",
  experiment: "assignment",
  items: [{
    id: "accuracy",
    title: "accuracy",
    target: { kind: "metric", name: "accuracy" },
    expected: { kind: "at-least", value: 0.9 },
    source: { from: "document", where: "a test" },
  }],
};

testOnLinux(
  "a class is graded from any directory to any file, on a terminal too, byte for byte",
  async () => {
    await using place = await workspace();
    const fanin = await faninLine(place);
    const outside = (await shell("mktemp -d", root)).out.trim();
    const names = ["a b,c übung #1 100%25?x=y", "-dash'quote\"(1)"];
    try {
      for (const name of names) {
        const here = join(outside, name);
        await shell(`mkdir -p ${quoted(join(here, "class"))}`, root);
        const write = (path: string, text: string) =>
          shell(`cat > ${quoted(join(here, path))} <<'END'\n${text}\nEND`, root);
        await write("expected.json", JSON.stringify(expected));
        await write("class/ Ada, the first.json", `{"accuracy": 0.95}`);
        await write("class/=Grace.csv", "accuracy,0.5");
        const command = `${fanin} grade --all class --expected expected.json --format csv`;
        const terminal = (line: string) => `script -qec ${quoted(line)} /dev/null </dev/null`;
        const relative = join("new dir, x", `${name}.csv`);
        const absolute = join(outside, `${name} ,#%.csv`);
        const ended = await shell(
          [
            // Deno starts no program from a list with this variable.
            `LD_LIBRARY_PATH=/nowhere ${command} > printed.csv`,
            terminal(`${command} --output ${quoted(relative)}`),
            `cd ..; ${
              command.replaceAll(/class|expected\.json/g, (path) => quoted(join(here, path)))
            }` +
            ` --output ${quoted(absolute)}`,
          ].join("\n"),
          here,
        );
        assert(!/allow|prompt|permission/i.test(ended.out), ended.out);
        const read = async (path: string) => (await shell(`cat ${quoted(path)}`, here)).out;
        const printed = await read("printed.csv");
        assertStringIncludes(printed, "\r\n", ended.err);
        assert(!printed.includes(outside), `a gradebook has no paths: ${printed}`);
        assertEquals(await read(relative), printed, name);
        assertEquals(await read(absolute), printed, name);
        const rows = parseCsv(printed);
        assertEquals(rows.slice(1).map(([cell]) => cell), [" Ada, the first.json", "'=Grace.csv"]);
      }
    } finally {
      await shell(`rm -r ${quoted(outside)}`, root);
    }
  },
);

testOnLinux("a file of the system is refused in one sentence", async () => {
  await using place = await workspace();
  const fanin = await faninLine(place);
  const { code, err } = await shell(
    `printf '{}' > /dev/shm/fanin-$$.json; ${fanin} grade --metrics /dev/shm/fanin-$$.json; ` +
      "code=$?; rm /dev/shm/fanin-$$.json; exit $code",
    place.path,
  );
  assertEquals(code, 2, err);
  assertStringIncludes(
    err,
    "is of the system, where Deno opens no file for fanin. Copy it elsewhere",
  );
});
