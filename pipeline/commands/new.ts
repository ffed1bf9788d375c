/**
 * `new`: writes a stage, an experiment or a whole repository to start from, each with its test, from the
 * files in `templates/`. Overwrites nothing. Prints the line that the DAG or the command line needs,
 * because only its author knows where it belongs.
 */
import { dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { stagesOf } from "../engine/dag.ts";
import { lockedKeys, type NpmRange, readLock } from "../engine/code/locked_packages.ts";
import { Failed } from "../engine/failed.ts";
import type { Project } from "../engine/project/project.ts";
import { filesUnder } from "../store/files_under.ts";
import { writeNew } from "../terminal/result_file.ts";
import { count } from "../terminal/numbers.ts";
import { print, printSentences } from "../terminal/print.ts";
import { printJson } from "../terminal/print_json.ts";
import { givenPath, shownPath } from "../terminal/user_path.ts";
import { defineCommand, value } from "./flags/flags.ts";
import { json, oneOf } from "./flags/shared_flags.ts";
import { shellWord } from "../terminal/shell_word.ts";

/** A project to start from. */
interface ProjectTemplate {
  /** Its folder among the templates. */
  readonly folder: string;
  /** Programs that its stages start. */
  readonly programs?: readonly string[];
}

/** By name, the default first; each has the files of the folder `common` too. */
const projectTemplates = {
  needle: { folder: "project" },
  program: { folder: "program", programs: ["python3"] },
  training: { folder: "training" },
} satisfies Record<string, ProjectTemplate>;
type Template = keyof typeof projectTemplates;
const templateNames = Object.keys(projectTemplates) as Template[];

const usage = (message: string) => new Failed({ reason: "usage", message });

export const command = defineCommand({
  about: "creates a stage, an experiment or a project, with its test",
  operands: { least: 2, most: 2, text: "stage|experiment|project NAME" },
  flags: {
    template: value("NAME", `the project to start from: ${templateNames.join(", ")}`),
    json,
  },
  run(project, { operands: [kind, name], template, json }) {
    const wanted = oneOf("kind of thing to create", kinds, kind);
    if (wanted !== "project" && template !== undefined) {
      throw usage(`--template is for a new project, found a new ${wanted}. Leave it out.`);
    }
    return create(project, {
      kind: wanted,
      name,
      template: template === undefined ? undefined : oneOf("template", templateNames, template),
      json,
    });
  },
});

const kinds = ["stage", "experiment", "project"] as const;

interface NewOptions {
  kind: (typeof kinds)[number];
  /** In kebab case; of a project its directory. */
  name: string;
  /** The project to start from, by default the first; no other kind has one. */
  template?: Template;
  json: boolean;
}

interface Start {
  /** Path → content. */
  files: [path: string, text: string][];
  /** Steps that are left to the user. */
  next: { add?: { to: string; lines: string[] }; run: string[] };
}

/** The checkout, also where a project links its folder `package`, which links to `pipeline`. */
const engine = dirname(Deno.realPathSync(fileURLToPath(new URL("../", import.meta.url))));
const templates = join(engine, "pipeline", "commands", "templates");
/** The folder that projects link: the engine alone, with the packages that it needs. */
const linked = join(engine, "package");

/** Writes the files and says what is left to do; gives the exit code. */
export function create(project: Project, { kind, name, template, json }: NewOptions): number {
  const start = kind === "project"
    ? newProject(givenPath(name), template)
    : newPart(project, kind, name);
  writeNew(start.files);
  const written = start.files.map(([path]) => shownPath(path));
  const { add, run } = start.next;
  if (json) {
    printJson({ written, add: add && { ...add, to: shownPath(add.to) }, run });
    return 0;
  }
  const what = written.length > 2 ? count(written.length, "file") : written.join(" and ");
  printSentences(`Wrote ${what}${written.length > 2 ? ` to ${shownPath(givenPath(name))}` : ""}.`);
  if (add !== undefined) {
    printSentences(["", `Add to ${shownPath(add.to)}:`, ""]);
    print(add.lines);
  }
  print(["", "Then:", "", ...run]);
  return 0;
}

/** Longer names would break lines of the templates. */
const longest = 30;

/** Form of a job's name. */
const kebab = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/** No names of a constant, or those that a stage's template, its test and the DAG have already. */
const taken = ("assert defineDag defineStage given job json metrics runStage squares z " +
  "break case catch class const continue debugger default delete do else enum export " +
  "extends false finally for function if implements import in instanceof interface let new null " +
  "package private protected public return static super switch this throw true try typeof var void " +
  "while with yield await eval arguments").split(" ");

function newPart(project: Project, kind: "stage" | "experiment", name: string): Start {
  const camel = name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
  if (!kebab.test(name) || name.length > longest || taken.includes(camel)) {
    throw usage(
      `The name of ${kind === "stage" ? "a stage" : "an experiment"} is expected in at most ` +
        `${longest} lower-case letters, with "-" between words and no name of the language or ` +
        `of the template, such as "count-words"; found "${name}".`,
    );
  }
  const known = kind === "stage"
    ? [...stagesOf(project.dag).keys()]
    : Object.keys(project.experiments);
  if (known.includes(name)) throw usage(`The project has the ${kind} ${name} already.`);
  const snake = name.replaceAll("-", "_");
  const dag = fileURLToPath(project.dagModule);
  const cli = fileURLToPath(Deno.mainModule);
  const experiments = join(dirname(dag), "experiments");
  const file = join(kind === "stage" ? dirname(dag) : experiments, `${snake}.ts`);
  const test = join(
    project.root,
    "tests",
    kind === "stage" ? `${snake}_test.ts` : `${snake}_experiment_test.ts`,
  );
  const fill = (template: string, path: string): [string, string] => {
    const to = (target: string) => specifier(dirname(path), target);
    const text = Deno.readTextFileSync(join(templates, template))
      .replaceAll(`new-${kind}`, name).replaceAll("newStage", camel)
      .replace(`"./${kind}.ts"`, `"${to(file)}"`)
      .replace('"./project/stages/mod.ts"', `"${to(dag)}"`);
    // A file of the engine's own repository names the engine by its path.
    const isOwn = resolve(project.root) === resolve(engine);
    return [path, isOwn ? text.replace('"fanin"', `"${to(join(engine, face))}"`) : text];
  };
  const files = [fill(`${kind}.ts`, file), fill(`${kind}_test.ts`, test)];
  const run = `deno test ${shellWord(shownPath(test))}`;
  if (kind === "stage") {
    const lines = [
      `import { ${camel} } from "${specifier(dirname(dag), file)}";`,
      `  job("${name}", ${camel}, { inputs: {} });`,
    ];
    return { files, next: { add: { to: dag, lines }, run: [run, only(name)] } };
  }
  const path = specifier(dirname(cli), file);
  const key = name.includes("-") ? `"${name}"` : name;
  const lines = [`    ${key}: async () => (await import("${path}")).default,`];
  return {
    files,
    next: { add: { to: cli, lines }, run: [run, `deno task plan --experiment ${name}`] },
  };
}

const face = "pipeline/mod.ts";
const only = (job: string) => `deno task reproduce --only ${job}`;

/** A path as a module or a configuration in a directory names it. */
function specifier(from: string, path: string): string {
  const near = relative(from, path).replaceAll(sep, "/");
  return near.startsWith(".") ? near : `./${near}`;
}

/** A project from a template, linked to the engine of the checkout beside or within it. */
function newProject(directory: string, template: Template = "needle"): Start {
  const path = specifier(directory, linked);
  if (/[#%?\\\p{Cc}]/u.test(path)) {
    const message =
      `The engine lies at ${path} from there; expected a path without "#", "%", "?", "\\", ` +
      `line breaks and tabs, which Deno misreads in "links" of a deno.json. Rename the directory.`;
    throw usage(message);
  }
  // As it stands within quotes in the JSON of the template.
  const quotable = (text: string) => JSON.stringify(text).slice(1, -1);
  const checkout = quotable(specifier(directory, engine));
  const within = checkout.startsWith("./") ? `, "${checkout.slice(2)}"` : "";
  const { folder, programs = [] }: ProjectTemplate = projectTemplates[template];
  const quoted = programs.map((one) => `"${one}"`);
  const configuration = join(templates, "common", "deno.json");
  const fill = (text: string) =>
    text.replaceAll("../fanin/package", () => quotable(path))
      .replace('"exclude": ["artifacts"', (start) => start + within)
      .replace('"scontrol"]', `${['"scontrol"', ...quoted].join(", ")}]`)
      .replace(
        '"local": {',
        (start) =>
          programs.length === 0 ? start : `${start}\n      "run": ["sh", ${quoted.join(", ")}],`,
      );
  const files = ["common", folder].map((name) => join(templates, name)).flatMap((from) =>
    [...filesUnder(from)].map((file): [string, string] => {
      const text = Deno.readTextFileSync(file);
      return [join(directory, relative(from, file)), file === configuration ? fill(text) : text];
    })
  );
  files.push([join(directory, "deno.lock"), lockOf(configuration)]);
  return {
    files,
    next: { run: [`cd ${shellWord(shownPath(directory))}`, "deno install", "deno task reproduce"] },
  };
}

/**
 * The lock of a project: the versions that the engine was tested with, and what the project asks for as Deno
 * would add it, so that the project runs as it is and its lock stays.
 */
function lockOf(configuration: string): string {
  const read = (...path: string[]) => JSON.parse(Deno.readTextFileSync(join(...path)));
  const own: Configuration = read(configuration);
  const { name, version, ...package_ }: Configuration = read(linked, "deno.json");
  const packages = npmRangesOf({ ...package_.imports, ...own.imports });
  // Deno writes "^0.1.0" as "0.1".
  const asked = ({ imports }: Configuration) =>
    Object.values(imports).filter((range) => /^(jsr|npm):/.test(range))
      .map((range) => range.replace(/@\^([\d.]+?)(\.0)*$/, "@$1")).sort();
  const { npm, specifiers, version: form } = read(engine, "deno.lock");
  const only = <T>(all: Record<string, T>, wanted: ReadonlySet<string>) =>
    Object.fromEntries(Object.entries(all).filter(([key]) => wanted.has(key)));
  const lock = {
    version: form,
    specifiers: only(specifiers, new Set(packages.map(({ range }) => `npm:${range}`))),
    npm: only(npm, lockedKeys(packages, readLock(engine))),
    workspace: {
      dependencies: asked(own),
      links: {
        [`jsr:${name}@${version}`]: { dependencies: asked(package_) },
        "jsr:@std/cli@1.0.0": {},
      },
    },
  };
  const machines = /"(os|cpu|libc)": \[\s+("[^\]]*")\s+\]/g;
  // As Deno writes it, so that no later change of the lock is lost among those of its form.
  return JSON.stringify(lock, null, 2).replace(machines, '"$1": [$2]') + "\n";
}

/** The parts of a `deno.json` that a lock depends on. */
interface Configuration {
  name?: string;
  version?: string;
  imports: Record<string, string>;
}

const npmRangesOf = (imports: Record<string, string>): NpmRange[] =>
  Object.entries(imports).flatMap(([name, range]) =>
    range.startsWith("npm:") ? [{ name, range: range.slice("npm:".length) }] : []
  );
