/**
 * Draws the DAG: jobs in columns by the number of jobs before them, each near its inputs, with state and
 * time. The table of jobs has the same facts.
 */
import type { Manifest, ManifestJob } from "../../schemas/run/manifest.ts";
import { seconds } from "../terminal/numbers.ts";
import { idOf } from "./content.ts";
import { type Html, markup } from "./html/html.ts";
import { states } from "./words.ts";

/** Pixels. */
const node = { width: 172, height: 34 };
const gap = { x: 44, y: 8 };
const margin = 8;

/** Sweeps over the columns that bring neighbours near each other. */
const sweeps = 8;

interface Placed {
  job: ManifestJob;
  needs: string[];
  column: number;
  x: number;
  y: number;
}

const needsOf = ({ inputs }: ManifestJob): string[] => [
  ...new Set(Object.values(inputs).map(({ job }) => job)),
];

/** Jobs come in an order in which each follows those that it needs. */
function placed(jobs: readonly ManifestJob[]): Placed[] {
  const columnOf = new Map<string, number>();
  const known = new Set(jobs.map(({ name }) => name));
  const all = jobs.map((job): Placed => {
    const needs = needsOf(job).filter((name) => known.has(name));
    const column = needs.reduce((most, name) => Math.max(most, columnOf.get(name)! + 1), 0);
    columnOf.set(job.name, column);
    return { job, needs, column, x: margin + column * (node.width + gap.x), y: 0 };
  });
  const byName = new Map(all.map((one) => [one.job.name, one]));
  const neededBy = Map.groupBy(
    all.flatMap(({ job, needs }) => needs.map((need) => ({ need, name: job.name }))),
    ({ need }) => need,
  );
  // Roots stand before what first needs them, not far to the left of it.
  for (const one of [...all].reverse()) {
    const next = (neededBy.get(one.job.name) ?? []).map(({ name }) => byName.get(name)!.column);
    if (next.length === 0) continue;
    one.column = Math.min(...next) - 1;
    one.x = margin + one.column * (node.width + gap.x);
  }
  const columns = [...Map.groupBy(all, ({ column }) => column)].sort(([a], [b]) => a - b)
    .map(([, column]) => column);
  const rank = new Map<Placed, number>();
  for (const column of columns) column.forEach((one, i) => rank.set(one, i / column.length));
  const mean = (names: string[], before: number) =>
    names.length === 0
      ? before
      : names.reduce((sum, name) => sum + rank.get(byName.get(name)!)!, 0) / names.length;
  const order = (column: Placed[], neighbours: (one: Placed) => string[]) => {
    const at = new Map(column.map((one) => [one, mean(neighbours(one), rank.get(one)!)]));
    column.sort((a, b) => at.get(a)! - at.get(b)!);
    column.forEach((one, i) => rank.set(one, i / column.length));
  };
  const followers = ({ job }: Placed) => (neededBy.get(job.name) ?? []).map(({ name }) => name);
  for (let sweep = 0; sweep < sweeps; sweep++) {
    for (const column of columns) order(column, ({ needs }) => needs);
    for (const column of [...columns].reverse()) order(column, followers);
  }
  const tallest = Math.max(...columns.map(({ length }) => length));
  for (const column of columns) {
    const start = (tallest - column.length) / 2;
    column.forEach((one, i) => one.y = margin + (start + i) * (node.height + gap.y));
  }
  return all;
}

/** The part of a job's name after its stage's, where the name begins with that. */
const lineOf = (name: string): { kind: string; subject: string } => {
  const slash = name.indexOf("/");
  return slash < 0
    ? { kind: "", subject: name }
    : { kind: name.slice(0, slash), subject: name.slice(slash + 1) };
};

/** Cut so that it fits into a node. */
const fitting = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, length - 1)}…`;

export function dagDrawing({ jobs }: Manifest): Html {
  const all = placed(jobs);
  const byName = new Map(all.map((one) => [one.job.name, one]));
  const width = Math.max(...all.map(({ x }) => x)) + node.width + margin;
  const height = Math.max(...all.map(({ y }) => y)) + node.height + margin;
  const edges = all.flatMap((to) => to.needs.map((name) => edge(byName.get(name)!, to)));
  return markup`<div class="drawing dag" tabindex="0" role="region"
aria-label="The jobs and their inputs; the table of jobs below says the same">
<svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" aria-hidden="true">
<g class="edges">${edges}</g>
${all.map(drawnNode)}</svg>
</div>`;
}

function edge(from: Placed, to: Placed): Html {
  const [x1, y1] = [from.x + node.width, from.y + node.height / 2];
  const [x2, y2] = [to.x, to.y + node.height / 2];
  const bend = Math.min(gap.x, x2 - x1) * 0.6;
  return markup`<path d="M${x1},${y1}C${x1 + bend},${y1} ${x2 - bend},${y2} ${x2},${y2}" />`;
}

function drawnNode({ job, x, y }: Placed): Html {
  const { name, status } = job;
  const { kind, subject } = lineOf(name);
  const time = job.seconds === undefined ? "" : seconds(job.seconds);
  const title = `${name}: ${states[status]}${time === "" ? "" : `, ${time}`}`;
  const { width, height } = node;
  return markup`<a href="#${idOf("job", name)}" tabindex="-1"><g class="node ${status}"
transform="translate(${x},${y})"><title>${title}</title>
<rect width="${width}" height="${height}" rx="4"/>
<rect class="state" width="4" height="${height}" rx="2"/>
<text class="job-kind" x="12" y="13">${kind}</text>
<text x="12" y="${kind === "" ? 22 : 27}">${fitting(subject, 25)}</text>
<text class="time" x="${width - 8}" y="13">${time}</text></g></a>\n`;
}
