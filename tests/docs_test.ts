/**
 * Checks the documents: every command exists with its flags, every link and path leads somewhere, generated
 * pages are current, and the words are those of textbooks.
 */
import { assert, assertEquals } from "@std/assert";
import { basename, dirname, join, normalize } from "node:path";
import config from "../deno.json" with { type: "json" };
import { programHelp, programs } from "../docs/pages/command_line.ts";
import { generatedPages } from "../docs/pages/mod.ts";
import { loadAll } from "../pipeline/commands/mod.ts";
import { type Flags, parseFlags } from "../pipeline/commands/flags/flags.ts";
import { select } from "../pipeline/engine/project/selection.ts";
import { Experiment } from "../schemas/run/experiment.ts";
import assignment from "../stages/experiments/assignment.ts";
import { dag } from "../stages/mod.ts";
import { root } from "./support/checkout.ts";
import { blocks, documents, filesIn, linesOf, textOf, wordsOf } from "./support/documents.ts";
import { deno, permissions } from "./support/deno_command.ts";
import { exists } from "../pipeline/store/existence.ts";
import { capitalised } from "../pipeline/terminal/phrase.ts";

const commands = await loadAll();

/** Documents whose text `deno task docs` makes; in README.md that is one table. */
const generated = ["docs/command-line.md", "docs/results.md"];

/** Text outside of blocks of code. */
const withoutBlocks = (text: string): string => text.replaceAll(/^ *```.*?^ *```$/gms, "");
const inlineCode = (text: string): string[] =>
  [...withoutBlocks(text).matchAll(/`([^`]+)`/g)].map(([, code]) => code.replaceAll(/\s+/g, " "));

/** Text in capitals stands for what a reader fills in: `RUN`, `A-B`, `NAME`. */
const isPlaceholder = (word: string): boolean => /^[A-Z][A-Z|-]*$/.test(word);

const experiments = ["assignment", "quick", "parity", "fifty"];

/** Checks a command line of the documents; throws what is wrong with it. */
async function checkCommand(line: string): Promise<void> {
  const [program, ...words] = wordsOf(line.replace(/^npx -y deno@[\d.]+/, "deno"));
  assertEquals(program, "deno", `${line}: not a command that this test can check`);
  const [subcommand, ...args] = words;
  if (subcommand !== "task") return await checkDeno(subcommand, args);
  const rest = args.filter((word) => word !== "-q" && word !== "--quiet");
  const [name, ...given] = rest;
  if (isPlaceholder(name)) return;
  assert(Object.hasOwn(config.tasks, name), `${line}: there is no task ${name}`);
  if (Object.hasOwn(commands, name)) checkGiven(name, given);
  else if (isProgram(name)) {
    const declared = await declaredOf(name);
    const { operands } = parseFlags(name, declared, given);
    for (const one of operands) {
      const isFile = declared.names.some(isPlaceholder) && exists(join(root, one));
      assert(isFile || declared.names.includes(one), `${line}: ${name} has no ${one}`);
    }
  } else assertEquals(given, [], `${line}: the task takes nothing`);
}

const isProgram = (name: string): name is (typeof programs)[number] =>
  (programs as readonly string[]).includes(name);

/** Checks flags and operands of a command, and the names in them; files need not be there. */
function checkGiven(name: string, args: string[]): void {
  // In an overview a command may stand without its operands.
  if (args.length === 0) return;
  const { about, flags, operands } = commands[name];
  const isPath = (kind: string) => kind === "file" || kind === "directory" || kind === "result";
  const asText = Object.fromEntries(
    Object.entries(flags).map(([flag, declared]) => [
      flag,
      isPath(declared.kind) ? { ...declared, kind: "value" } : declared,
    ]),
  ) as Flags;
  const given = parseFlags(name, {
    about,
    flags: asText,
    operands: operands && { ...operands, least: 0, kind: undefined },
  }, args) as Record<string, string | string[] | undefined>;
  const named = (flag: string) =>
    [flags[flag]?.kind === "switch" ? [] : given[flag] ?? []].flat()
      .filter((one) => !isPlaceholder(one));
  for (const experiment of named("experiment")) {
    assert(experiments.includes(experiment), experiment);
  }
  // Throws where the assignment has no such job or parameter, or the value is of no use to it.
  select(dag, Experiment.parse(assignment), {
    only: [...named("only"), ...named("explain")],
    force: named("force"),
    overrides: named("set").map((text) => {
      const [path, value] = text.split("=");
      return { path, value };
    }),
  });
}

/** Flags and operands of a program, as its help shows them. */
async function declaredOf(name: (typeof programs)[number]) {
  const help = await programHelp(name);
  const flags = Object.fromEntries(
    [...help.matchAll(/^ {2}(?:-\w, )?--([\w-]+)( \S+)?(?: {2,}|$)/gm)].map(([, flag, value]) => [
      flag,
      { kind: value === undefined ? "switch" as const : "value" as const, value, about: "" },
    ]),
  );
  const [, text] = new RegExp(`^Usage: deno task ${name}(.*?)(?: \\[FLAGS\\])?$`, "m").exec(help)!;
  const names: string[] = text.match(/[\w-]+/g) ?? [];
  return { about: "", flags, operands: { least: 0, most: names.length, text }, names };
}

/** Checks a command of Deno's own: its flags are in its help, its files are there. */
async function checkDeno(subcommand: string, args: readonly string[]): Promise<void> {
  const { stdout } = await new Deno.Command("deno", {
    args: [subcommand, "--help=full"],
    env: { NO_COLOR: "1" },
  }).output();
  const help = new TextDecoder().decode(stdout);
  for (const arg of args) {
    if (!arg.startsWith("-")) {
      assert(exists(join(root, arg)), `deno ${subcommand} ${arg}: there is no such file`);
    } else assert(help.includes(arg.split("=")[0]), `deno ${subcommand} has no ${arg}`);
  }
}

Deno.test("every command in a document exists, with its flags and what they name", async (t) => {
  for (const path of documents.filter((path) => path !== "docs/command-line.md")) {
    await t.step(path, async () => {
      const text = textOf(path);
      // The console's are run by own_experiment_test.ts and programs_project_test.ts, those of sh by documented_commands_test.ts.
      const known = [
        "sh",
        "console",
        "text",
        "json",
        "ts",
        "python",
        "csv",
        "nginx",
        "mermaid",
        "",
      ];
      for (const [, language] of text.matchAll(/^```(\w*)\n.*?^```$/gms)) {
        assert(known.includes(language), `${path} has a block of ${language}`);
      }
      if (!["docs/tutorial.md", "docs/programs.md"].includes(path)) {
        assertEquals(blocks(text, "console"), [], path);
      }
      const lines = linesOf(path);
      const inline = inlineCode(text).filter((code) => /^(deno|npx) \S/.test(code));
      for (const line of [...lines, ...inline]) await checkCommand(line);
    });
  }
});

Deno.test("every flag in a document is one of a command's", async () => {
  const helps = await Promise.all(programs.map(programHelp));
  const known = new Set([
    ...Object.values(commands).flatMap(({ flags, operands }) => [
      ...Object.keys(flags).map((flag) => `--${flag}`),
      ...Object.keys(operands?.words ?? {}),
    ]),
    ...helps.flatMap((help) => help.match(/--[\w-]+/g) ?? []),
    // Deno's.
    "--no-prompt",
    "--help",
  ]);
  for (const path of documents) {
    for (const code of inlineCode(textOf(path))) {
      const [, flag] = /^(--[\w-]+)/.exec(code) ?? [];
      if (flag !== undefined) assert(known.has(flag), `${path}: no command has ${flag}`);
    }
  }
});

/** A heading's anchor, as GitHub makes it. */
const anchorOf = (heading: string): string =>
  heading.toLowerCase().replaceAll(/[^\p{L}\p{N}\s_-]/gu, "").trim().replaceAll(" ", "-");

Deno.test("every link leads somewhere", () => {
  for (const path of documents) {
    for (const [, target] of withoutBlocks(textOf(path)).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(target)) continue;
      const [file, anchor] = target.split("#");
      const at = file === "" ? path : normalize(join(dirname(path), file));
      assert(exists(join(root, at)), `${path} links to ${target}`);
      if (anchor === undefined) continue;
      const anchors = [...textOf(at).matchAll(/^#+ (.*)$/gm)].map(([, text]) => anchorOf(text));
      assert(anchors.includes(anchor), `${path} links to ${target}; ${at} has ${anchors}`);
    }
  }
});

/** Folders where what a document names may lie, besides its own. */
const bases = ["", "pipeline/commands/templates/project"];
/** Folders of what a run or a test leaves. */
const made = /^(artifacts\/(?!reference\/|README)|tests\/tmp|store\/|runs\/)/;

Deno.test("every path in a document is there", () => {
  const folders = new Set([...Deno.readDirSync(root)].map(({ name }) => name));
  for (const path of documents) {
    const own = new Set([...Deno.readDirSync(join(root, dirname(path)))].map(({ name }) => name));
    const isPath = (code: string) => {
      const [first] = code.split("/");
      return /^[\w.-]+(\/[\w.-]+)+\/?$/.test(code) && !/[A-Z]{3,}(?!\w*\.md)/.test(code) &&
        (folders.has(first) || own.has(first)) && !made.test(code);
    };
    // Sources are named in blocks of code too, such as the one of the store's files.
    const sources = textOf(path).match(/\b(pipeline|stages|schemas|tests)\/[\w./-]+\.ts\b/g) ?? [];
    for (const code of [...inlineCode(textOf(path)).filter(isPath), ...sources]) {
      const places = [dirname(path), ...bases].map((base) => normalize(join(base, code)));
      assert(places.some(exists), `${path} names ${code}`);
    }
  }
});

Deno.test("generated pages are current: else run deno task docs", async () => {
  for (const [path, text] of await generatedPages()) assertEquals(textOf(path), text, path);
});

Deno.test("the command line prints the help that the page shows", async () => {
  const { out } = await deno(["run", ...permissions, "pipeline/cli.ts", "diff", "--help"]);
  assert(textOf("docs/command-line.md").includes(out.trim()), out);
});

Deno.test("a task says of a command what its help says, in a short line", async () => {
  const tasks: Record<string, { description: string }> = config.tasks;
  for (const [name, { description }] of Object.entries(tasks)) {
    assert(description.length <= 67, `${name}: ${description}`);
  }
  for (const [name, { about }] of Object.entries(commands)) {
    assertEquals(tasks[name].description, about, name);
  }
  for (const name of programs) {
    const [head] = (await programHelp(name)).split("\n");
    const { description } = tasks[name];
    assertEquals(head, `${capitalised(description)}.`, name);
  }
});

Deno.test("the README can be read in a minute", () => {
  const { size } = Deno.statSync(join(root, "README.md"));
  assert(size <= 7 * 1024, `README.md has ${size} bytes`);
});

/** Words with other meanings than textbooks', or of our own making → what to write. */
const banned: readonly [word: RegExp, instead: string][] = [
  [/\bfigures?\b/, "metric, value, number; a picture is a chart"],
  [/\b(is|are|was|were|be|been|first) told\b|\btells? apart\b/, "reported, printed"],
  [/\b(is|are|was|were) noted\b/, "recorded, logged"],
  [/\b(held|holds?|holding) (\w+ ){0,4}against\b/, "compared with, graded against"],
  [/\bfrom the store\b/, "cached"],
  [/\bat hand\b/, "available"],
  [/\bfound least often\b/, "lowest recall"],
  [/\bparts? (after|ways)\b|\b(they|runs) (first )?part\b/, "diverge, first divergence"],
  [/\b(mend|mends|mended|mending)\b/, "repair, hint"],
  [/\bset(s|ting)? aside\b/, "quarantine, move to damaged"],
  [/\b(take|takes|taken|took) in\b/, "import"],
  [/(?<!by )\b(hand|hands|handed) (it |them )?(on|over)\b/, "pass"],
  [/\b(give|gives|given|gave) back\b/, "return"],
  [/\b(rungs?|ladder)\b/, "level of agreement"],
  [/(?<!prediction )\bbands?\b/, "equivalence margin, prediction interval"],
  [/\bturned away\b/, "leave-one-out failures"],
  [/\bone new run\b/, "95 % prediction interval"],
  [/\bdoes not fit:/, "integrity error"],
  [/\bsecond level\b/, "remote cache"],
  [/\bthe document('s)?\b/, "the assignment"],
  [/\bledgers?\b/, "claims table"],
  [/\bto get the same\b/i, "how to reproduce"],
  [/\bharmless\b/, "sanitize, escape"],
  [/\bgrowth of (the )?distances? between runs\b/, "divergence"],
  [/\b(is|are|was|were) (asked|believed)\b/, "name who asks, who trusts"],
  [/\bhears? of\b/, "name who reports"],
  [/\bcomes? of\b/, "follows from, is made by"],
];

/** Files and folders whose words are checked: all but claims, whose statements have the assignment's words. */
const wordsChecked = [
  ...documents,
  "docs/pages",
  "deno.json",
  "pipeline/claims",
  "pipeline/commands",
  "pipeline/diff",
  "pipeline/grade",
  "pipeline/report",
  "pipeline/cli.ts",
  "pipeline/mod.ts",
  "schemas",
  "stages/compare",
  "stages/experiments",
  "stages/expressivity",
  "stages/init_check",
  "stages/visualize",
  "stages/mod.ts",
  "stages/question_3.ts",
  "stages/question_4.ts",
  "pipeline/engine",
  "pipeline/formats",
  "pipeline/store",
  "pipeline/terminal",
  "pipeline/runs",
  "pipeline/archive",
  "pipeline/remote",
  "pipeline/slurm",
  "stages/download",
  "stages/evaluate",
  "stages/networks",
  "stages/normalize",
  "stages/random",
  "stages/train",
  "tests/slurm",
];

/** Returns a file's prose: the text of a document; comments and texts of a module. */
function proseOf(path: string): string {
  const text = textOf(path);
  if (path.endsWith(".md")) return withoutBlocks(text).replaceAll(/`[^`]+`|\]\([^)]*\)/g, "");
  if (!path.endsWith(".ts")) return text;
  const pieces = text.replaceAll(/^ *\* ```.*?^ *\* ```$/gms, "")
    .replaceAll(/^(import|export) [^;]*? from "[^"]*";$/gms, "")
    .match(/\/\*.*?\*\/|\/\/[^\n]*|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/gs);
  // Lower-case words alone in quotes are names in a file's format, of metrics and of elements.
  const texts = (pieces ?? []).map(withoutCode).filter((piece) =>
    !/^(["`])[a-z.-]*\1$/.test(piece)
  );
  const prose = texts.join("\n").replaceAll(/\n\s*\*\s?/g, "\n");
  return prose.replaceAll(/[\w./-]+\.(json|md|ts)\b/g, "");
}

/** Texts without what their templates fill in, and without HTML's names. */
function withoutCode(texts: string): string {
  const filled = texts.replaceAll(/\$\{[^{}]*\}/g, "").replaceAll(/<\/?[a-z]+|class="[^"]*"/g, "");
  return filled === texts ? texts : withoutCode(filled);
}

/** Beginnings of a doc comment, and of a comment in code, that leave out its subject. */
const withoutSubject = [
  /\/\*\*\s+(?:\* )?((?:Of|What|Where|Whether|How|Which|Who|Whose|Why|When|As) .*)/g,
  /(?<!\n *\/\/[^\n]*)\n *\/\/ ((?:Of|What|Where|Whether|Which) .*)/g,
];

Deno.test("a comment begins with a verb or with the thing that it describes", () => {
  const files = ["docs", "pipeline", "schemas", "stages", "tests", "vendor"]
    .flatMap((path) => [...filesIn(path)])
    .filter((path) => path.endsWith(".ts"));
  const found = files.flatMap((path) =>
    withoutSubject.flatMap((beginning) =>
      [...textOf(path).matchAll(beginning)].map(([, line]) => `${path}: "${line}"`)
    )
  );
  assertEquals(found, []);
});

/** Names in stored files, in HTML and in the public interface, which keep theirs. */
const fixedNames = /^(figures?|bands?|bandReason|ledgers?|Ledger|LedgerValue|ledgerOf)$/;

/** Names in a module's code, in words: "set aside" of `setAside`. */
function namesIn(text: string): Map<string, string> {
  const code = text.replaceAll(
    /\/\*.*?\*\/|\/\/[^\n]*|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/gs,
    "",
  );
  const names = new Set(code.match(/[A-Za-z_][A-Za-z0-9_]*/g));
  return new Map(
    [...names].filter((name) => !fixedNames.test(name)).map((name) => [
      name,
      name.replaceAll(/([a-z0-9])([A-Z])/g, "$1 $2").replaceAll("_", " ").toLowerCase(),
    ]),
  );
}

Deno.test("names in code have the words of textbooks, but for those of stored files", () => {
  assertEquals(namesIn("setAside(ledger); // mend"), new Map([["setAside", "set aside"]]));
  // This file has the words themselves.
  const files = [...wordsChecked.filter((path) => !path.endsWith(".md")), "tests"]
    .flatMap((path) => [...filesIn(path)])
    .filter((path) => path.endsWith(".ts") && path !== "tests/docs_test.ts");
  const found = files.flatMap((path) => {
    const names = [...namesIn(textOf(path)), ["its path", path.replaceAll(/[/_-]/g, " ")]];
    return names.flatMap(([name, words]) =>
      banned.filter(([word]) => word.test(words))
        .map(([, instead]) => `${path}: ${name}: ${instead}`)
    );
  });
  assertEquals(found, []);
});

Deno.test("words are those of textbooks", () => {
  const files = wordsChecked.flatMap((path) => [...filesIn(path)])
    .filter((path) => /\.(md|ts)$|^deno\.json$/.test(basename(path)) && !generated.includes(path));
  const found = files.flatMap((path) => {
    const prose = proseOf(path).replaceAll(/\s+/g, " ");
    return banned.flatMap(([word, instead]) => {
      const at = word.exec(prose);
      if (at === null) return [];
      return [`${path}: "…${prose.slice(Math.max(0, at.index - 40), at.index + 40)}…": ${instead}`];
    });
  });
  assertEquals(found, []);
});
