/**
 * Draws the facts of a run: its jobs with states, times, parameters and hashes, the environment, and the
 * commands that reproduce it.
 */
import type { Manifest, ManifestJob } from "../../schemas/run/manifest.ts";
import { factIn, parseLines } from "../engine/key.ts";
import { commitOf } from "../runs/read_manifest.ts";
import { bytes, count, seconds } from "../terminal/numbers.ts";
import { idOf, type RunContent } from "./content.ts";
import { dagDrawing } from "./dag_drawing.ts";
import { type Html, markup } from "./html/html.ts";
import { columnsOf, table } from "./html/page_table.ts";
import { timeLine } from "./time_line.ts";
import { shortHash, states } from "./words.ts";

export function runSection({ manifest, files }: RunContent): Html {
  return markup`<section id="run">
<h2>The run</h2>
<h3 id="dag">Jobs and their inputs</h3>
${dagDrawing(manifest)}
<h3 id="time-line">Time line</h3>
${timeLine(manifest) || markup`<p>All results were cached: no job ran.</p>`}
<h3 id="jobs">Jobs</h3>
<p>The time of a cached job is from the run that computed it.</p>
${jobsTable(manifest)}
</section>
<section id="reproduce">
<h2>How to reproduce</h2>
${commands(manifest)}
<h3 id="environment">Environment</h3>
${environment(manifest)}
<h3 id="artifacts">Keys, parameters and artifacts</h3>
<p>A job’s key is the SHA-256 of the lines below it. The store names an artifact by the SHA-256 of its
bytes.</p>
${manifest.jobs.map((job) => jobFacts(job, files))}
</section>`;
}

function jobsTable({ jobs }: Manifest): Html {
  return table({
    caption: "Jobs of the run",
    hideCaption: true,
    rowHeaders: true,
    columns: columnsOf("Job", "State", "Seconds#", "Needs", "Gives#"),
    rows: jobs.map((job) => [
      markup`<a href="#${idOf("job", job.name)}">${job.name}</a>`,
      markup`<span class="state ${job.status}">${states[job.status]}</span>`,
      job.seconds === undefined ? "" : job.seconds.toFixed(2),
      [...new Set(Object.values(job.inputs).map((input) => input.job))].join(", "),
      bytes(Object.values(job.outputs).reduce((sum, { size }) => sum + size, 0)),
    ]),
  });
}

const value = (json: unknown): string =>
  typeof json === "string" ? json : JSON.stringify(json).replaceAll(",", ", ");

function jobFacts(job: ManifestJob, files: string | undefined): Html {
  const { name, lines, key, outputs, parameters, status } = job;
  const given = Object.entries(parameters);
  const time = job.seconds !== undefined &&
    markup`<span class="time">${seconds(job.seconds)}</span>`;
  const keyLines = [...key === undefined ? [] : [`key ${key}`], ...lines].join("\n");
  return markup`<details class="job" id="${idOf("job", name)}">
<summary><span class="id">${name}</span> <span class="state ${status}">${
    states[status]
  }</span> ${time}
${key !== undefined && markup`<code>${shortHash(key)}</code>`}</summary>
${job.why !== undefined && markup`<p>Ran because of: ${job.why.join("; ")}.</p>`}
${given.length > 0 && factList(given.map(([name, one]) => [name, value(one)]))}
${Object.keys(outputs).length > 0 && artifactsTable(job, files)}
${lines.length > 0 && codeBlock(`The lines of the key of ${name}`, keyLines)}
</details>`;
}

const artifactsTable = ({ name, outputs }: ManifestJob, files: string | undefined): Html =>
  table({
    caption: `Artifacts of ${name}`,
    hideCaption: true,
    columns: columnsOf("Artifact", "Kind", "Size#!", "SHA-256"),
    rows: Object.entries(outputs).map(([output, { file, type, size, sha256 }]) => [
      files === undefined ? output : markup`<a href="${files}${file}">${output}</a>`,
      type,
      bytes(size),
      markup`<code class="hash">${sha256}</code>`,
    ]),
  });

const factList = (facts: readonly (readonly [string, string | Html])[]): Html =>
  markup`<dl class="facts">${
    facts.map(([name, fact]) => markup`<dt>${name}</dt><dd>${fact}</dd>\n`)
  }</dl>`;

const codeBlock = (label: string, text: string): Html =>
  markup`<pre tabindex="0" aria-label="${label}">${text}</pre>`;

function environment(manifest: Manifest): Html {
  const { environment: machine, identity } = manifest;
  const { adapter, driver, packages } = machine;
  const onDriver = driver === null ? "" : `, driver ${driver}`;
  const versions = Object.entries(packages).map(([name, version]) => `${name} ${version}`);
  const facts: [string, string | Html][] = [
    ["Deno", `${machine.deno}, V8 ${machine.v8}, TypeScript ${machine.typescript}`],
    ["System", `${machine.os} ${machine.kernel}, ${machine.arch}`],
    ["Processor", `${machine.cpu}, ${count(machine.cores, "core")}`],
    ["WebGPU", adapter === null ? "no adapter" : `${adapter}${onDriver}`],
    ["Code", codeFact(manifest)],
    ["Packages", versions.join(", ")],
    ["Identity", markup`<code class="hash">${identity}</code>`],
  ];
  return factList(facts.filter(([, text]) => text !== ""));
}

function codeFact(manifest: Manifest): string | Html {
  const commit = commitOf(manifest);
  const { git } = manifest.environment;
  const why = git !== null && "unknown" in git ? `: ${git.unknown}` : "";
  if (commit === undefined) return `no commit was recorded${why}`;
  const changes = commit.clean ? "" : ", with changes that are not committed";
  return markup`commit <code>${commit.commit}</code>${changes}`;
}

/** A word as a shell takes it. */
const quoted = (word: string): string =>
  /^[\w./:=@,+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;

function commands(manifest: Manifest): Html {
  const { experiment, environment: { deno }, run, jobs } = manifest;
  const commit = commitOf(manifest)?.commit;
  const sets = Object.entries(experiment.parameters).flatMap(([job, parameters]) =>
    Object.entries(parameters).map(([name, given]) => {
      const text = typeof given === "string" ? given : JSON.stringify(given);
      return `--set ${quoted(`${job.replaceAll("/", ".")}.${name}=${text}`)}`;
    })
  );
  const usesBackend = jobs.some(({ lines }) => factIn(parseLines(lines), "backend") !== undefined);
  const backends = usesBackend ? experiment.backends.map((backend) => `--backend ${backend}`) : [];
  const reproduce = [`deno task reproduce --experiment ${experiment.name}`, ...sets, ...backends];
  const lines = [
    ...commit === undefined ? [] : [`git checkout ${commit}`],
    reproduce.join(" "),
    "deno task verify",
    `deno task report ${run}`,
  ];
  return markup`<p>With Deno ${deno}, in a clone of the project:</p>
${codeBlock("Commands", lines.join("\n"))}`;
}
