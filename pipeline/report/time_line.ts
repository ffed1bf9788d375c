/** Draws when the run's jobs ran: a bar for each job, in the order of their starts. */
import type { Manifest, ManifestJob } from "../../schemas/run/manifest.ts";
import { count, seconds } from "../terminal/numbers.ts";
import { type Html, markup } from "./html/html.ts";

/** Pixels. */
const width = 1000;
const row = 22;
const labels = 230;
const axis = 26;

/** A job shorter than this share of the run has no bar of its own. */
const shown = 0.004;

/** Steps of an axis that people read easily, in seconds. */
const steps = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200];

const startOf = ({ started }: ManifestJob, run: Manifest): number =>
  (Date.parse(started!) - Date.parse(run.started)) / 1000;

const stepFor = (total: number): number =>
  steps.find((step) => total / step <= 8) ?? Math.ceil(total / 8 / 3600) * 3600;

/** False if no job ran in this run. */
export function timeLine(manifest: Manifest): Html | false {
  const ran = manifest.jobs.filter((job) => job.status === "ran" && job.started !== undefined);
  if (ran.length === 0) return false;
  const total = Math.max(
    manifest.seconds,
    ...ran.map((job) => startOf(job, manifest) + job.seconds!),
  );
  const long = ran.filter((job) => job.seconds! >= total * shown)
    .sort((a, b) => startOf(a, manifest) - startOf(b, manifest));
  const rest = ran.filter((job) => !long.includes(job));
  const scale = (width - labels - 70) / total;
  const x = (time: number) => Number((labels + Math.max(0, time) * scale).toFixed(1));
  const height = axis + long.length * row + 6;
  const step = stepFor(total);
  const ticks = Array.from({ length: Math.floor(total / step) + 1 }, (_, i) => i * step);
  const labelOf = (tick: number) => tick < 60 ? `${tick} s` : seconds(tick).replace(" 00 s", "");
  const grid = ticks.map((tick) =>
    markup`<line x1="${x(tick)}" x2="${x(tick)}" y1="${axis - 6}" y2="${height}" />
<text x="${x(tick)}" y="12">${labelOf(tick)}</text>`
  );
  const bars = long.map((job, i) => {
    const [from, to] = [x(startOf(job, manifest)), x(startOf(job, manifest) + job.seconds!)];
    const y = axis + i * row;
    const wide = Math.max(2, to - from).toFixed(1);
    return markup`<g class="span">
<text class="name" x="${labels - 10}" y="${y + 14}">${job.name}</text>
<rect x="${from}" y="${y + 3}" width="${wide}" height="${row - 7}" rx="2" />
<text x="${to + 6}" y="${y + 14}">${seconds(job.seconds!)}</text>
</g>\n`;
  });
  return markup`<div class="drawing time-line" tabindex="0" role="region"
aria-label="When each job ran; the table of jobs below has its times">
<svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" aria-hidden="true">
<g class="grid">${grid}</g>
${bars}</svg>
</div>
${rest.length > 0 && markup`<p class="note">${shortJobs(rest, total)}</p>`}`;
}

function shortJobs(jobs: readonly ManifestJob[], total: number): string {
  const together = jobs.reduce((sum, job) => sum + job.seconds!, 0);
  return `Not drawn: ${count(jobs.length, "job")} of less than ${seconds(total * shown)} each, ` +
    `${seconds(together)} together.`;
}
