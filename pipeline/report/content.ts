/**
 * Reads what the report of a run shows: its manifest, and its outputs of the kinds section, chart and
 * claims.
 */
import { z } from "zod";
import { Ledger } from "../../schemas/run/judged_claims.ts";
import type { Manifest, ManifestJob, ManifestOutput } from "../../schemas/run/manifest.ts";
import { Section } from "../../schemas/run/report_section.ts";
import type { RunSource } from "../runs/run_source.ts";

export interface Chart {
  /** Unique in the page. */
  id: string;
  job: string;
  /** The specification's output as sections name it: with the ending of its file, which its own name may lack. */
  output: string;
  sha256: string;
  /** Vega-Lite; `page_charts.ts` checks it. */
  spec: Record<string, unknown>;
  /** The chart as the run drew it; absent if it has none. */
  svg?: string;
}

export interface JobSection {
  job: string;
  sha256: string;
  section: Section;
}

/** Claims and controls, and the artifact that has them. */
export interface JobClaims {
  job: string;
  output: string;
  sha256: string;
  ledger: Ledger;
}

export interface RunContent {
  manifest: Manifest;
  sections: JobSection[];
  charts: Chart[];
  ledgers: JobClaims[];
  /** Path of the outputs' files relative to the page; absent if they are elsewhere. */
  files?: string;
  /** Outputs that could not be read, each as a sentence. */
  problems: string[];
}

/**
 * An identifier for the page from a kind and names: `job:train/fashion-mlp`. Other names give another one, so a
 * character that an address may not have becomes its number.
 */
export const idOf = (...names: string[]): string =>
  names.map((name) =>
    name.replace(/[^\p{L}\p{M}\p{N}/._-]/gu, (other) => `~${other.codePointAt(0)!.toString(16)}~`)
  ).join(":");

/** Reads what the report shows. An unreadable output is left out and named in `problems`. */
export function readContent(source: RunSource): RunContent {
  const { manifest } = source;
  const content: RunContent = {
    manifest,
    sections: [],
    charts: [],
    ledgers: [],
    problems: [],
  };
  for (const job of manifest.jobs) {
    for (const [name, output] of Object.entries(job.outputs)) {
      const read = readers[output.type];
      if (read === undefined) continue;
      try {
        read({ content, job, name, output, text: textOf(source, job.name, name), source });
      } catch (error) {
        const { message } = error as Error;
        content.problems.push(`${job.name}: ${name} is left out of this report. ${message}`);
      }
    }
  }
  return content;
}

/** The text of an output; throws where it is not there, or is not what the manifest says. */
function textOf(source: RunSource, job: string, output: string): string {
  const bytes = source.read(job, output);
  if (bytes === undefined) throw new Error("Its file is missing.");
  return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
}

type Reader = (found: {
  content: RunContent;
  job: ManifestJob;
  name: string;
  output: ManifestOutput;
  text: string;
  source: RunSource;
}) => void;

/** By the kind of the output. */
const readers: Record<string, Reader> = {
  section({ content, job, output: { sha256 }, text }) {
    content.sections.push({ job: job.name, sha256, section: Section.parse(JSON.parse(text)) });
  },
  ledger({ content, job, name: output, output: { sha256 }, text }) {
    const ledger = Ledger.parse(JSON.parse(text));
    content.ledgers.push({ job: job.name, output, sha256, ledger });
  },
  "vega-lite-spec"({ content, job, name, output: { sha256 }, text, source }) {
    const spec = z.record(z.string(), z.unknown()).parse(JSON.parse(text));
    const chart = name.replace(/\.vl\.json$/, "");
    const drawn = `${chart}.svg`;
    let svg: string | undefined;
    if (job.outputs[drawn]?.type === "chart-svg") {
      try {
        svg = textOf(source, job.name, drawn);
      } catch (error) {
        const { message } = error as Error;
        content.problems.push(`${job.name}: the picture ${drawn} is left out. ${message}`);
      }
    }
    const id = idOf("chart", job.name, chart);
    const output = `${chart}.vl.json`;
    content.charts.push({ id, job: job.name, output, sha256, spec, svg });
  },
};
