/** Lists how a command line may go on, for the completions of shells: `fanin complete -- WORD …`. */
import { shortJson } from "../../engine/project/deviation.ts";
import { dotted } from "../../engine/project/job_names.ts";
import { settableIn } from "../../engine/project/parameter_paths.ts";
import { inOrder } from "../../engine/order.ts";
import { Failed } from "../../engine/failed.ts";
import type { Project } from "../../engine/project/project.ts";
import { runIds } from "../../runs/latest.ts";
import { recordedRun } from "../../runs/open_run.ts";
import { readManifest } from "../../runs/read_manifest.ts";
import { mainReference, referenceNamed, referenceNames } from "../../runs/reference_run.ts";
import { escaped } from "../../terminal/escape.ts";
import { printText } from "../../terminal/print.ts";
import type { Declared, Flags, Place } from "../flags/flags.ts";
import { defaultRun } from "../look/run_operand.ts";
import type { Subject } from "./help.ts";

/** Prints a candidate a line, a tab, and what it is; `:files` and `:directories` stand for paths. */
export async function complete(
  words: readonly string[],
  subjects: readonly Subject[],
  place: Place,
  load: () => Promise<Project>,
): Promise<void> {
  const found = await candidates(words, Object.assign({}, ...subjects.map(commandsOf)), {
    experiments: () => Object.keys(place.experiments),
    runs: () => runsOf(place),
    runsHere: () => runsHere(place),
    jobs: async () => jobsOf(await load()),
    settings: async (typed) => settingsOf(await load(), typed),
    jobsOf: (run) => recordedJobs(place, run),
  });
  printText(found.map(({ text, about }) => `${escaped(text)}\t${escaped(about)}\n`).join(""));
}

const commandsOf = ({ commands }: Subject) => commands;

const runsHere = ({ artifacts }: Place): string[] => ["latest", ...runIds(artifacts)];

const runsOf = ({ artifacts }: Place): string[] => [
  "latest",
  ...new Set([mainReference, ...referenceNames(artifacts)]),
  ...runIds(artifacts),
];

/** The jobs of a run here, or of a reference run; none where there is no such run, or no whole one. */
function recordedJobs({ artifacts }: Place, run: string): RecordedJob[] {
  try {
    const reference = referenceNamed(artifacts, run);
    const { jobs } = reference === undefined
      ? recordedRun(artifacts, run).manifest
      : readManifest(reference);
    return jobs.map(({ name, outputs }) => ({ name, outputs: Object.keys(outputs) }));
  } catch (error) {
    if (error instanceof Failed) return [];
    throw error;
  }
}

const jobsOf = ({ dag }: Project): string[] => inOrder(dag).map(({ name }) => name);

/** Parameters of the job with which a path begins, each with the value that the DAG gives it. */
const settingsOf = ({ dag }: Project, typed: string): Setting[] =>
  inOrder(dag).filter(({ name }) => typed.startsWith(`${dotted(name)}.`)).flatMap(settableIn);

/** A way to go on: all of the last word, and what it is. */
interface Candidate {
  text: string;
  about: string;
}

/** A job of a run, with the names of the outputs that it has there. */
interface RecordedJob {
  name: string;
  outputs: readonly string[];
}

/** A parameter of a job, or a member of one. */
interface Setting {
  path: string;
  value: unknown;
}

/** Names that a project has. */
interface Names {
  experiments(): string[];
  runs(): string[];
  /** The runs of the project, without reference runs. */
  runsHere(): string[];
  jobs(): Promise<string[]>;
  settings(typed: string): Promise<Setting[]>;
  jobsOf(run: string): readonly RecordedJob[];
}

/** The ways in which the last of the words can go on. */
export async function candidates(
  words: readonly string[],
  commands: Readonly<Record<string, Declared>>,
  names: Names,
): Promise<Candidate[]> {
  const current = words.at(-1) ?? "";
  const [name, ...before] = words.slice(0, -1);
  const among = (all: readonly Candidate[]) => all.filter(({ text }) => text.startsWith(current));
  if (name === undefined || name === "help" && before.length === 0) {
    const own = Object.entries(commands).map(([text, { about }]) => ({ text, about }));
    const general = [
      { text: "help", about: "shows the commands, or the help of one" },
      { text: "--help", about: "shows the commands" },
      { text: "--version", about: "prints the versions" },
    ];
    return among(name === undefined ? [...own, ...general] : own);
  }
  const declared = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (declared === undefined || before.includes("--")) return [];
  const { flags } = declared;
  const awaiting = flagOf(flags, before.at(-1) ?? "");
  if (awaiting !== undefined) return among(await valuesOf(flags[awaiting], names, current));
  const [, flag, start] = /^--([^=]+)(=)/.exec(current) ?? [];
  if (start !== undefined) {
    if (!Object.hasOwn(flags, flag) || flags[flag].kind === "switch") return [];
    const all = await valuesOf(flags[flag], names, current.slice(flag.length + 3));
    return among(
      all.map(({ text, about }) => ({
        text: text.startsWith(":") ? text : `--${flag}=${text}`,
        about,
      })),
    );
  }
  if (current.startsWith("-")) {
    const own = Object.entries(flags).map(([flag, { about }]) => ({ text: `--${flag}`, about }));
    return among([...own, { text: "--help", about: "shows the flags" }]);
  }
  const found = await operandsOf(declared, before, current, names);
  return [...among(found), ...found.filter(({ text }) => text.startsWith(":") && current !== "")];
}

/** The flag that waits for its value after a word. */
function flagOf(flags: Flags, word: string): string | undefined {
  const letter = /^-([A-Za-z])$/.exec(word)?.[1];
  const name = letter === undefined
    ? /^--([^=]+)$/.exec(word)?.[1]
    : Object.keys(flags).find((flag) => flags[flag].short === letter);
  return name !== undefined && Object.hasOwn(flags, name) && flags[name].kind !== "switch"
    ? name
    : undefined;
}

const named = (texts: readonly string[], about: string): Candidate[] =>
  texts.map((text) => ({ text, about }));

const files: Candidate = { text: ":files", about: "a file" };
const directories: Candidate = { text: ":directories", about: "a directory" };

/** Words in lower case between "|" are all that a value or an operand can be. */
const choicesIn = (text: string): Candidate[] =>
  /^[a-z0-9-]+(\|[a-z0-9-]+)+$/.test(text) ? named(text.split("|"), "") : [];

async function valuesOf(
  { kind, value = "" }: Flags[string],
  names: Names,
  typed: string,
): Promise<Candidate[]> {
  if (kind === "directory") return [directories];
  if (kind === "file" || kind === "result") return [files];
  if (value.startsWith("NAME|FILE")) return [...named(names.experiments(), "experiment"), files];
  if (value === "JOB") return named(await names.jobs(), "job");
  if (value.startsWith("JOB.")) {
    const settings = await names.settings(dotted(typed));
    return [
      ...settings.map(({ path, value }) => ({ text: `${path}=`, about: shortJson(value) })),
      ...named((await names.jobs()).map((job) => `${dotted(job)}.`), "job")
        .filter(({ text }) => text !== typed),
    ];
  }
  return choicesIn(value);
}

async function operandsOf(
  { operands }: Declared,
  before: readonly string[],
  current: string,
  names: Names,
): Promise<Candidate[]> {
  if (operands === undefined) return [];
  const { kind, text, isHere = false } = operands;
  if (isHere) return named(names.runsHere(), "run");
  if (kind !== undefined) return [kind === "directory" ? directories : files];
  const choices = choicesIn(text.split(" ")[0]);
  if (choices.length > 0) return before.length === 0 ? choices : [];
  const within = /RUN:\]?(JOB(?:\/OUTPUT)?)/.exec(text)?.[1];
  const at = current.lastIndexOf(":") + 1;
  if (within !== undefined && at > 0) {
    const start = current.slice(0, at);
    return namesIn(names, start.slice(0, -1) || defaultRun, within)
      .map(({ text, about }) => ({ text: `${start}${text}`, about }));
  }
  if (within === "JOB/OUTPUT") {
    const runs = named(names.runs().map((run) => `${run}:`), "run");
    return [...namesIn(names, defaultRun, within), ...runs];
  }
  const runs = /\b(RUN|A|B)\b/.test(text) ? named(names.runs(), "run") : [];
  const jobs = /^(\[RUN:\])?JOB/.test(text) ? named(await names.jobs(), "job") : [];
  return [...jobs, ...runs, ...(runs.length > 0 && jobs.length === 0 ? [files] : [])];
}

/** The jobs of a run, or its artifacts. */
const namesIn = (names: Names, run: string, what: string): Candidate[] =>
  names.jobsOf(run).flatMap(({ name, outputs }) =>
    what === "JOB"
      ? named([name], "job")
      : named(outputs.map((output) => `${name}/${output}`), "artifact")
  );
