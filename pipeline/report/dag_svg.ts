/** Draws a DAG as an SVG file of its own, which other programs show, in light and in dark. */
import { escapeMarkup } from "../terminal/escape.ts";
import { fitting, lineOf, node, type Placeable, type Placed, placed } from "./dag_places.ts";

const style = `
  .back { fill: #fff } .node { fill: #f5f6f8; stroke: #b9bfc9 } .edge { fill: none; stroke: #8a919d }
  text { font: 12px Inter, system-ui, sans-serif; fill: #1c1f24 } .kind { font-size: 10px; fill: #5b626d }
  @media (prefers-color-scheme: dark) {
    .back { fill: #16181c } .node { fill: #23272e; stroke: #4d5561 } .edge { stroke: #7b8492 }
    text { fill: #e8eaee } .kind { fill: #a8b0bc }
  }`;

/** The drawing of jobs, which come in an order in which each follows those that it needs. */
export function dagSvg(jobs: readonly Placeable[]): string {
  const { jobs: all, width, height, edges } = placed(jobs);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}"
 height="${height}" role="img" aria-label="${jobs.length} jobs and what they need">
<style>${style}
</style>
<rect class="back" width="100%" height="100%"/>
${edges.map((path) => `<path class="edge" d="${path}"/>`).join("\n")}
${all.map(drawnNode).join("\n")}
</svg>`;
}

function drawnNode({ job: { name }, x, y }: Placed<Placeable>): string {
  const { kind, subject } = lineOf(name);
  const text = (className: string, height: number, line: string) =>
    line === ""
      ? ""
      : `<text class="${className}" x="12" y="${height}">${escapeMarkup(line)}</text>`;
  return `<g transform="translate(${x},${y})"><title>${escapeMarkup(name)}</title>` +
    `<rect class="node" width="${node.width}" height="${node.height}" rx="4"/>` +
    text("kind", 13, kind) + text("", kind === "" ? 22 : 27, fitting(subject)) + "</g>";
}
