/** Draws the DAG of a run with the jobs' states and times. The table of jobs has the same facts. */
import type { Manifest, ManifestJob } from "../../schemas/run/manifest.ts";
import { seconds } from "../terminal/numbers.ts";
import { idOf } from "./content.ts";
import { fitting, lineOf, node, type Placed, placed } from "./dag_places.ts";
import { type Html, markup } from "./html/html.ts";
import { states } from "./words.ts";

type Drawn = ManifestJob & { needs: string[] };

const needsOf = ({ inputs }: ManifestJob): string[] => [
  ...new Set(Object.values(inputs).map(({ job }) => job)),
];

export function dagDrawing({ jobs }: Manifest): Html {
  const { jobs: all, width, height, edges } = placed(
    jobs.map((job) => ({ ...job, needs: needsOf(job) })),
  );
  return markup`<div class="drawing dag" tabindex="0" role="region"
aria-label="The jobs and their inputs; the table of jobs below says the same">
<svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" aria-hidden="true">
<g class="edges">${edges.map((path) => markup`<path d="${path}" />`)}</g>
${all.map(drawnNode)}</svg>
</div>`;
}

function drawnNode({ job, x, y }: Placed<Drawn>): Html {
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
<text x="12" y="${kind === "" ? 22 : 27}">${fitting(subject)}</text>
<text class="time" x="${width - 8}" y="13">${time}</text></g></a>\n`;
}
