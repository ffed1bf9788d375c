/**
 * The run itself: its jobs with states, times, parameters and hashes; the environment; and the
 * commands that give the same.
 */
import type { Manifest, ManifestJob } from "../../schemas/run/manifest.ts";
import { factIn, parseLines } from "../engine/key.ts";
import { commitOf } from "../runs/read_manifest.ts";
import { bytes, count, seconds } from "../terminal/numbers.ts";
import { idOf, type RunContent } from "./content.ts";
import { dagDrawing } from "./dag_drawing.ts";
import { type Html, markup } from "./html/html.ts";
import { table } from "./html/page_table.ts";
import { timeLine } from "./time_line.ts";
import { shortHash, states } from "./words.ts";

export function runSection({ manifest, files }: RunContent): Html {
  return markup`<section id="run">
<h2>The run</h2>
<h3 id="dag">Jobs and what they need</h3>
${dagDrawing(manifest)}
<h3 id="time-line">Time line</h3>
${timeLine(manifest) || markup`<p>All results came from the store: no job ran.</p>`}
<h3 id="jobs">Jobs</h3>
<p>Times of jobs from the store are those of the run that computed them.</p>
${jobsTable(manifest)}
</section>
<section id="reproduce">
<h2>To get the same</h2>
${commands(manifest)}
<h3 id="environment">Environment</h3>
${environment(manifest)}
<h3 id="artifacts">Keys, parameters and artifacts</h3>
<p>A job’s key is the SHA-256 of the lines below it, and an artifact’s name in the store that of its bytes.</p>
${manifest.jobs.map((job) => jobFacts(job, files))}
</section>`;
}

function jobsTable({ jobs }: Manifest): Html {
  return table({
    caption: "Jobs of the run",
    hideCaption: true,
    rowHeaders: true,
    columns: [
      { label: "Job", numeric: false },
      { label: "State", numeric: false },
      { label: "Seconds", numeric: true },
      { label: "Needs", numeric: false },
      { label: "Gives", numeric: true },
    ],
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
  const { name, lines, key, outputs, parameters } = job;
  const given = Object.entries(parameters);
  return markup`<details class="job"
id="${
    idOf("job", name)
  }"><summary><span class="id">${name}</span> <span class="state ${job.status}">${
    states[job.status]
  }</span> ${
    job.seconds !== undefined &&
    markup`<span class="time">${seconds(job.seconds)}</span>`
  }
${key !== undefined && markup`<code>${shortHash(key)}</code>`}</summary>
${
    given.length > 0 && markup`<dl class="facts">${
      given.map(([name, given]) =>
        markup`<dt>${name}</dt>
<dd>${value(given)}</dd>`
      )
    }</dl>`
  }
${
    Object.keys(outputs).length > 0 && table({
      caption: `Artifacts of ${name}`,
      hideCaption: true,
      columns: [
        { label: "Artifact", numeric: false },
        { label: "Kind", numeric: false },
        { label: "Size", numeric: true, fixed: true },
        { label: "SHA-256", numeric: false },
      ],
      rows: Object.entries(outputs).map(([output, { file, type, size, sha256 }]) => [
        files === undefined ? output : markup`<a href="${files}${file}">${output}</a>`,
        type,
        bytes(size),
        markup`<code class="hash">${sha256}</code>`,
      ]),
    })
  }
${
    lines.length > 0 &&
    markup`<pre tabindex="0" aria-label="The lines of the key of ${name}">${
      [...key === undefined ? [] : [`key ${key}`], ...lines].join("\n")
    }</pre>`
  }
</details>`;
}

function environment(manifest: Manifest): Html {
  const { environment: machine, identity } = manifest;
  const { adapter, driver, git, packages } = machine;
  const commit = commitOf(manifest);
  const facts: [string, string | Html][] = [
    ["Deno", `${machine.deno}, V8 ${machine.v8}, TypeScript ${machine.typescript}`],
    ["System", `${machine.os} ${machine.kernel}, ${machine.arch}`],
    ["Processor", `${machine.cpu}, ${count(machine.cores, "core")}`],
    [
      "WebGPU",
      adapter === null ? "no adapter" : `${adapter}${driver !== null ? `, driver ${driver}` : ""}`,
    ],
    [
      "Code",
      commit === undefined
        ? `no commit was recorded${git !== null && "unknown" in git ? `: ${git.unknown}` : ""}`
        : markup`commit <code>${commit.commit}</code>${
          commit.clean ? "" : ", with changes that are not committed"
        }`,
    ],
    [
      "Packages",
      Object.entries(packages).map(([name, version]) => `${name} ${version}`).join(", "),
    ],
    ["Identity", markup`<code class="hash">${identity}</code>`],
  ];
  return markup`<dl class="facts">${
    facts.filter(([, text]) => text !== "").map(([name, text]) =>
      markup`<dt>${name}</dt>
<dd>${text}</dd>`
    )
  }</dl>`;
}

/** A word as a shell takes it. */
const quoted = (word: string): string =>
  /^[\w./:=@,+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;

function commands(manifest: Manifest): Html {
  const { experiment, environment: { deno }, run, jobs } = manifest;
  const commit = commitOf(manifest)?.commit;
  const sets = Object.entries(experiment.parameters).flatMap(([job, parameters]) =>
    Object.entries(parameters).map(([name, given]) =>
      `--set ${
        quoted(
          `${job.replaceAll("/", ".")}.${name}=${
            typeof given === "string" ? given : JSON.stringify(given)
          }`,
        )
      }`
    )
  );
  const command = [
    "deno task reproduce",
    `--experiment ${experiment.name}`,
    ...sets,
    // Told only where something computed on one.
    ...(jobs.some(({ lines }) => factIn(parseLines(lines), "backend") !== undefined)
      ? experiment.backends.map((backend) => `--backend ${backend}`)
      : []),
  ].join(" ");
  const lines = [
    ...commit === undefined ? [] : [`git checkout ${commit}`],
    command,
    `deno task verify`,
    `deno task report ${run}`,
  ];
  return markup`<p>With Deno ${deno}, in a clone of the project:</p>
<pre tabindex="0" aria-label="Commands">${lines.join("\n")}</pre>`;
}
