/** Places the jobs of a DAG: in columns by the number of jobs before them, each near its inputs. */

import { shortenedName } from "../terminal/cell_width.ts";

/** A job as far as its place depends on it. */
export interface Placeable {
  readonly name: string;
  readonly needs: readonly string[];
}

/** Pixels. */
export const node = { width: 172, height: 34 };
const gap = { x: 44, y: 8 };
const margin = 8;

/** Sweeps over the columns that bring neighbours near each other. */
const sweeps = 8;

/** A job at the upper left corner of its node. */
export interface Placed<Job extends Placeable> {
  job: Job;
  needs: string[];
  column: number;
  x: number;
  y: number;
}

/** All of a drawing, in pixels. */
interface Drawing<Job extends Placeable> {
  jobs: Placed<Job>[];
  width: number;
  height: number;
  /** Paths from inputs to jobs, as SVG has them. */
  edges: string[];
}

/** Jobs come in an order in which each follows those that it needs. */
export function placed<Job extends Placeable>(jobs: readonly Job[]): Drawing<Job> {
  const columnOf = new Map<string, number>();
  const known = new Set(jobs.map(({ name }) => name));
  const all = jobs.map((job): Placed<Job> => {
    const needs = job.needs.filter((name) => known.has(name));
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
  const rank = new Map<Placed<Job>, number>();
  for (const column of columns) column.forEach((one, i) => rank.set(one, i / column.length));
  const mean = (names: string[], before: number) =>
    names.length === 0
      ? before
      : names.reduce((sum, name) => sum + rank.get(byName.get(name)!)!, 0) / names.length;
  const order = (column: Placed<Job>[], neighbours: (one: Placed<Job>) => string[]) => {
    const at = new Map(column.map((one) => [one, mean(neighbours(one), rank.get(one)!)]));
    column.sort((a, b) => at.get(a)! - at.get(b)!);
    column.forEach((one, i) => rank.set(one, i / column.length));
  };
  const followers = ({ job }: Placed<Job>) =>
    (neededBy.get(job.name) ?? []).map(({ name }) => name);
  for (let sweep = 0; sweep < sweeps; sweep++) {
    for (const column of columns) order(column, ({ needs }) => needs);
    for (const column of [...columns].reverse()) order(column, followers);
  }
  const tallest = Math.max(...columns.map(({ length }) => length));
  for (const column of columns) {
    const start = (tallest - column.length) / 2;
    column.forEach((one, i) => one.y = margin + (start + i) * (node.height + gap.y));
  }
  return {
    jobs: all,
    width: Math.max(...all.map(({ x }) => x)) + node.width + margin,
    height: Math.max(...all.map(({ y }) => y)) + node.height + margin,
    edges: all.flatMap((to) => to.needs.map((name) => edgePath(byName.get(name)!, to))),
  };
}

type Corner = Pick<Placed<Placeable>, "x" | "y">;

function edgePath(from: Corner, to: Corner): string {
  const [x1, y1] = [from.x + node.width, from.y + node.height / 2];
  const [x2, y2] = [to.x, to.y + node.height / 2];
  const bend = Math.min(gap.x, x2 - x1) * 0.6;
  return `M${x1},${y1}C${x1 + bend},${y1} ${x2 - bend},${y2} ${x2},${y2}`;
}

/** The part of a job's name after its stage's, where the name begins with that. */
export const lineOf = (name: string): { kind: string; subject: string } => {
  const slash = name.indexOf("/");
  return slash < 0
    ? { kind: "", subject: name }
    : { kind: name.slice(0, slash), subject: name.slice(slash + 1) };
};

/** Shortened so that it fits into a node. */
export const fitting = (subject: string): string => shortenedName(subject, 25);
