/**
 * What the report of a run is made from: its manifest and those outputs that the report knows by
 * their kind (sections, charts, ledgers of claims, findings), read from the run's directory and
 * checked against their hashes. How it looks is left to the other files here.
 */
import { join } from "node:path";
import { type Ledger, Ledger as LedgerSchema } from "../../schemas/claims.ts";
import { Findings } from "../../schemas/findings.ts";
import type { Manifest, ManifestJob, ManifestOutput } from "../../schemas/manifest.ts";
import { Section } from "../../schemas/section.ts";
import { Failed } from "../event.ts";
import { sha256Of } from "../sha256.ts";
import type { JobFindings } from "../summary.ts";

export interface Chart {
  /** Unique in the page. */
  id: string;
  job: string;
  /** The specification's output. */
  output: string;
  sha256: string;
  /** Vega-Lite; its form is the chart's matter. */
  spec: Record<string, unknown>;
  /** As drawn by the run, absent where it has none. */
  svg?: string;
}

export interface JobSection {
  job: string;
  sha256: string;
  section: Section;
}

/** A claim or control knows the ledger that it comes from. */
export interface JobLedger {
  job: string;
  output: string;
  sha256: string;
  ledger: Ledger;
}

export interface RunContent {
  manifest: Manifest;
  sections: JobSection[];
  charts: Chart[];
  ledgers: JobLedger[];
  findings: JobFindings[];
  /** What could not be read, each as a sentence. */
  problems: string[];
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** The bytes of an output in a run's directory, if they are still those of the manifest. */
export function readOutput(directory: string, { file, sha256 }: ManifestOutput): Uint8Array {
  let bytes: Uint8Array;
  try {
    bytes = Deno.readFileSync(join(directory, file));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new Failed({ reason: "missing-blob", sha256 });
    throw error;
  }
  const found = sha256Of(bytes);
  if (found !== sha256) throw new Failed({ reason: "damaged-blob", sha256, found });
  return bytes;
}

/** An identifier for the page from a job's name and what it is of the job. */
export const idOf = (...names: string[]): string =>
  names.join("--").toLowerCase().replace(/[^a-z0-9]+/g, "-");

/** Reads what the report shows. What cannot be read is told in `problems`, and left out. */
export function readContent(directory: string, manifest: Manifest): RunContent {
  const content: RunContent = {
    manifest,
    sections: [],
    charts: [],
    ledgers: [],
    findings: [],
    problems: [],
  };
  for (const job of manifest.jobs) {
    for (const [name, output] of Object.entries(job.outputs)) {
      const read = readers[output.type];
      if (read === undefined) continue;
      try {
        const text = utf8.decode(readOutput(directory, output));
        read(content, job, name, output, text, directory);
      } catch (error) {
        content.problems.push(
          `${job.name}: ${name} is left out of this report. ${(error as Error).message}`,
        );
      }
    }
  }
  return content;
}

type Reader = (
  content: RunContent,
  job: ManifestJob,
  name: string,
  output: ManifestOutput,
  text: string,
  directory: string,
) => void;

/** By the kind of the output. */
const readers: Record<string, Reader> = {
  section: ({ sections }, job, _name, { sha256 }, text) => {
    sections.push({ job: job.name, sha256, section: Section.parse(JSON.parse(text)) });
  },
  ledger: ({ ledgers }, job, output, { sha256 }, text) => {
    const ledger = LedgerSchema.parse(JSON.parse(text));
    ledgers.push({ job: job.name, output, sha256, ledger });
  },
  findings: ({ findings }, job, _name, _output, text) => {
    const subject = job.name.slice(job.name.indexOf("/") + 1).replaceAll("/", ".");
    findings.push({ subject, findings: Findings.parse(JSON.parse(text)) });
  },
  "vega-lite-spec": ({ charts, problems }, job, output, { sha256 }, text, directory) => {
    const drawn = job.outputs[output.replace(/\.vl\.json$/, ".svg")];
    let svg: string | undefined;
    if (drawn?.type === "chart-svg") {
      try {
        svg = utf8.decode(readOutput(directory, drawn));
      } catch (error) {
        problems.push(
          `${job.name}: the picture of ${output} is missing. ${(error as Error).message}`,
        );
      }
    }
    const id = idOf("chart", job.name, output.replace(/\.vl\.json$/, ""));
    charts.push({ id, job: job.name, output, sha256, spec: JSON.parse(text), svg });
  },
};
