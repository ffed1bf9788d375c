/**
 * Draws the facts of a run: its jobs by stage, each with state, time, parameters, artifacts and key; the
 * environment; and the command that reproduces it.
 */
import type { Manifest, ManifestJob } from "../../schemas/run/manifest.ts";
import { commitOf } from "../runs/read_manifest.ts";
import { bytes, count, seconds } from "../terminal/numbers.ts";
import { idOf, type RunContent } from "./content.ts";
import { dagDrawing } from "./dag_drawing.ts";
import type { Folds } from "./html/folds.ts";
import { type Html, markup } from "./html/html.ts";
import { columnsOf, table } from "./html/page_table.ts";
import { shellWord } from "../terminal/shell_word.ts";
import { reproduceArguments } from "./reproduce_command.ts";
import { states, statesText } from "./words.ts";

/** Groups of fewer jobs in all are unfolded. */
const fewJobs = 10;

export function runSection({ manifest, files }: RunContent, folds: Folds): Html {
  const { jobs } = manifest;
  const groups = [...Map.groupBy(jobs, ({ name }) => name.split("/")[0])];
  const isCached = jobs.some(({ status }) => status === "cached");
  return markup`<section id="run">
<h2>The run</h2>
<p>${count(jobs.length, "job")}: ${statesText(jobs)}. A bar shows when a job ran.${
    isCached && " The time of a cached job is from the run that computed it."
  }</p>
<div class="jobs" id="jobs">
${
    groups.map(([name, members]) =>
      markup`<details class="group"${jobs.length < fewJobs && markup` open`}>
<summary><span class="id">${name}</span> <span>${count(members.length, "job")}: ${
        statesText(members)
      }</span> ${spansOf(members, manifest)} ${timeOf(members)}</summary>
${members.map((job) => jobRow(job, manifest, files, folds))}
</details>\n`
    )
  }</div>
<details><summary>The DAG: which job needs which</summary>
${folds.place(dagDrawing(manifest))}</details>
</section>`;
}

const timeOf = (jobs: readonly ManifestJob[]): Html =>
  markup`<span class="number time">${
    seconds(jobs.reduce((sum, { seconds = 0 }) => sum + seconds, 0))
  }</span>`;

/** Pixels. */
const bar = { width: 160, height: 12, least: 1.5 };

/** Draws when jobs ran, in the time of the whole run. */
function spansOf(jobs: readonly ManifestJob[], run: Manifest): Html {
  const start = Date.parse(run.started) / 1000;
  const scale = bar.width / Math.max(run.seconds, Number.MIN_VALUE);
  const spans = jobs.flatMap(({ status, started, seconds }) => {
    if (status !== "ran" || started === undefined || seconds === undefined) return [];
    const from = Math.max(0, (Date.parse(started) / 1000 - start) * scale);
    const width = Math.max(bar.least, seconds * scale);
    const x = Math.min(from, bar.width - bar.least).toFixed(1);
    return markup`<rect x="${x}" width="${width.toFixed(1)}" height="${bar.height}" />`;
  });
  return markup`<svg class="spans" viewBox="0 0 ${bar.width} ${bar.height}" width="${bar.width}"
height="${bar.height}" aria-hidden="true">${spans}</svg>`;
}

const value = (json: unknown): string =>
  typeof json === "string" ? json : JSON.stringify(json).replaceAll(",", ", ");

function jobRow(
  job: ManifestJob,
  run: Manifest,
  files: string | undefined,
  folds: Folds,
): Html {
  const { name, status } = job;
  return markup`<details class="job" id="${idOf("job", name)}">
<summary><span class="id">${name}</span> <span class="state ${status}">${states[status]}</span> ${
    spansOf([job], run)
  } ${timeOf([job])}</summary>
${folds.place(jobFacts(job, files))}
</details>\n`;
}

function jobFacts(job: ManifestJob, files: string | undefined): Html {
  const { name, lines, key, outputs, parameters, inputs, why } = job;
  const needs = [...new Set(Object.values(inputs).map((input) => input.job))];
  const facts: [string, string | Html][] = [
    ...(why === undefined ? [] : [["Ran because of", why.join("; ")] as [string, string]]),
    ...(needs.length === 0 ? [] : [["Needs", jobLinks(needs)] as [string, Html]]),
    ...Object.entries(parameters).map(([name, one]): [string, string] => [name, value(one)]),
  ];
  const keyLines = [...key === undefined ? [] : [`key ${key}`], ...lines].join("\n");
  return markup`${facts.length > 0 && factList(facts)}
${Object.keys(outputs).length > 0 && artifactsTable(job, files)}
${lines.length > 0 && codeBlock(`The lines of the key of ${name}`, keyLines)}`;
}

const jobLinks = (names: readonly string[]): Html =>
  markup`${
    names.map((name, i) => [i > 0 && ", ", markup`<a href="#${idOf("job", name)}">${name}</a>`])
  }`;

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
  markup`<pre tabindex="0" role="region" aria-label="${label}">${text}</pre>`;

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

/** Says how the run is computed again; `experiments` are the project's, the default first. */
export function reproduceSection(
  { manifest, files }: RunContent,
  experiments: readonly string[],
): Html {
  const { environment: { deno }, run } = manifest;
  const commit = commitOf(manifest);
  const path = `artifacts/runs/${run}/manifest.json`;
  const words = reproduceArguments(manifest, experiments, path).map(shellWord);
  const at = commit !== undefined && markup` at commit <code>${commit.commit}</code>`;
  const changes = commit?.clean === false &&
    markup` The code had changes that are not committed; the keys of the jobs name its files.`;
  const beside = words.includes(path) && files !== undefined &&
    markup` The manifest is <a href="${files}manifest.json">beside this report</a>.`;
  return markup`<section id="reproduce">
<h2>How to reproduce</h2>
<p>In a clone of the project${at}, with Deno ${deno}:${changes}${beside}</p>
${codeBlock("Command", ["deno task reproduce", ...words].join(" "))}
<h3 id="environment">Environment</h3>
${environment(manifest)}
</section>`;
}
