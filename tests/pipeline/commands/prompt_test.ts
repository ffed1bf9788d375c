/**
 * Tests the documented commands on a terminal. Deno asks there for missing permissions, and packages look
 * for colours in the environment. No command may ask anything.
 */
import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { root } from "../../support/checkout.ts";
import { workspace } from "../../support/workspace.ts";
import { quoted, shell, testOnLinux } from "../../support/shell.ts";
import { readJson } from "../../support/copied_files.ts";

/** Every task of this repository: name → command. */
const tasks = Object.fromEntries(
  Object.entries<{ command: string }>((await readJson(root, "deno.json")).tasks)
    .map(([name, { command }]) => [name, command]),
);

/** Tells whether a task is a command of the engine. */
const isCommand = (name: string): boolean => tasks[name].includes("pipeline/cli.ts");

interface Terminal {
  columns: 80 | 120;
  /** Variables to set, of those below; the others stay unset. */
  variables: Record<string, string>;
}

/** Variables at which packages look to choose colours, or whether they draw at all. */
const looked = [
  "TMUX",
  "CI",
  "NO_COLOR",
  "FORCE_COLOR",
  "NODE_DISABLE_COLORS",
  "TF_BUILD",
  "COLORTERM",
];

const terminals: Terminal[] = [
  { columns: 80, variables: {} },
  { columns: 120, variables: { TMUX: "/tmp/tmux,1,0", CI: "true", NO_COLOR: "1" } },
  { columns: 80, variables: { CI: "true" } },
  { columns: 120, variables: { TMUX: "/tmp/tmux,1,0", COLORTERM: "truecolor" } },
];

/**
 * The command that runs another on a terminal of its own, made by `script` of util-linux. One that waits for
 * an answer is ended after a while.
 */
function onTerminal(command: string, { columns, variables }: Terminal): string {
  const set = Object.entries(variables).map(([name, value]) => `export ${name}='${value}'`);
  return [
    `unset ${looked.join(" ")}`,
    ...set,
    "export TERM=xterm-256color",
    `exec timeout 300 script --quiet --flush --return --command ${
      quoted(`stty cols ${columns} rows 24; ${command}`)
    } /dev/null`,
  ].join("\n");
}

/** Text that Deno prints to ask for a permission. */
const prompt = /requests \w+ access|Allow\?/;

/** Runs commands in order; none asks for anything, and each ends as it should. */
async function run(commands: [command: string, code: number][], terminal: Terminal): Promise<void> {
  for (const [command, expected] of commands) {
    const { code, out, err } = await shell(onTerminal(command, terminal), root);
    const printed = stripVTControlCharacters(out);
    const what = `${command} at ${JSON.stringify(terminal)}: ${printed}${err}`;
    assert(!prompt.test(printed), what);
    assert(!/NotCapable|Requires \w+ access/.test(printed), what);
    assertEquals(code, expected, what);
  }
}

// `script` of util-linux makes the terminal.
testOnLinux(
  "no command asks for anything on a terminal, of whatever width and in whatever environment",
  async (t) => {
    await using place = await workspace();
    const at = (name: string) => join(place.path, name);
    // These load the most: a bundle of every kind, a GPU, charts, statistics.
    await Deno.writeTextFile(
      at("small.json"),
      JSON.stringify({
        name: "small",
        about: "",
        jobs: ["train/fashion-mlp", "visualize/question-1"],
        backends: ["webgpu", "wasm"],
        parameters: {
          "normalize/fashion-mnist": { trainLimit: 640, testLimit: 80 },
          "train/fashion-mlp": { epochs: 1 },
          expressivity: {
            largestN: 1024,
            dimensions: 3,
            errors: [0.45, 0.3, 0.22],
            nearest: { dimensions: 3, points: [32, 128], sets: 24 },
          },
        },
        replicate: {
          jobs: ["init-check/fashion-mlp"],
          seeds: [{ job: "init-check/fashion-mlp", parameter: "seed" }],
        },
      }),
    );
    await Deno.writeTextFile(at("metrics.json"), '{ "fashion-mlp.test-accuracy": 0.8 }');
    const path = (name: string) => quoted(at(name));
    const small = `--experiment ${path("small.json")}`;
    const expected = `${small} --expected artifacts/reference/expected-quick.json`;
    const cli = join("tests", "fixtures", "assignment", "cli.ts");
    const of = (line: string): string => {
      const [, name, args] = /^(\S+)(.*)$/.exec(line)!;
      return tasks[name].replace("pipeline/cli.ts", `${cli} ${path("artifacts")}`) + args;
    };
    const training = `${small} --force train/fashion-mlp`;
    const always = (reproduced: string): [string, number][] => [
      [`reproduce ${reproduced}`, 0],
      [`plan ${small}`, 0],
      [`diff latest latest --html ${path("page.html")}`, 0],
      ["report", 0],
    ];
    const all: [string, number][] = [
      ...always(training),
      ["runs", 0],
      ["show latest", 0],
      ["metrics", 0],
      ["params latest", 0],
      ["why latest:train/fashion-mlp", 0],
      ["dag latest", 0],
      ["cat train/fashion-mlp/metrics.json", 0],
      ["completions bash", 0],
      ["autograder --help", 0],
      ["install --help", 0],
      ["reference --update", 0],
      [`grade ${expected}`, 1],
      [`grade --metrics ${path("metrics.json")} ${expected} --format junit`, 1],
      [`replicate ${small} --seeds 1-3 --level 0.7`, 0],
      ["verify", 0],
      ["gc --last 1", 0],
      [`export latest --output ${path("run.zip")}`, 0],
      [`import ${path("run.zip")}`, 0],
      ["push latest --remote http://127.0.0.1:1/", 2],
      ["pull 20260102T030405Z-none --remote http://127.0.0.1:1/", 2],
      ["attach latest", 2],
      ["job nowhere 1", 2],
      ["audit --vary weather", 2],
      ["rerun", 2],
      ["new stage Wrong", 2],
    ];
    // Data, which take longest to pack, are exported once.
    const withoutData = all.map(([line, code]): [string, number] => [
      line.replace("export latest", "export latest --without-data"),
      code,
    ]);
    const alone = always(`${training} --only train/fashion-mlp`);
    const lists = [all, withoutData, alone, alone];
    for (const [i, terminal] of terminals.entries()) {
      await t.step(JSON.stringify(terminal), async () => {
        const lines = lists[i];
        await run(lines.map(([line, code]) => [of(line), code]), terminal);
        await Deno.remove(at("run.zip")).catch(() => {});
        // So that each bundles.
        await Deno.remove(at("artifacts/store/code.json"));
      });
    }
    const tried = new Set(all.map(([line]) => line.split(" ")[0]));
    const own = Object.keys(tasks).filter(isCommand);
    assertEquals(own.filter((name) => !tried.has(name)), []);
  },
);

testOnLinux("no task asks for anything on a terminal", async () => {
  // They run the tests, or write what is committed; permissions_test.ts has their flags.
  const left = ["test", "ok", "expected"];
  const names = Object.keys(tasks).filter((name) => !left.includes(name));
  const calls = (names: string[]) =>
    names.map((name): [string, number] =>
      name.startsWith("setup") ? [`deno task ${name}`, 0] : [`deno task ${name} --help`, 0]
    );
  await run(calls(names), terminals[0]);
  // The commands of the others ran in both environments above.
  await run(calls(names.filter((name) => !isCommand(name))), terminals[1]);
});
