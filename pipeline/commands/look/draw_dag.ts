/** `dag`: the jobs and what each needs, of the project or of a run, as text, Mermaid or SVG. */
import { Failed } from "../../engine/failed.ts";
import { jobsNamed } from "../../engine/project/job_names.ts";
import { needsOf } from "../../engine/order.ts";
import { loadExperiment, type Project } from "../../engine/project/project.ts";
import { select } from "../../engine/project/selection.ts";
import { cellWidth } from "../../terminal/cell_width.ts";
import { escapeMarkup } from "../../terminal/escape.ts";
import { print, printSentences } from "../../terminal/print.ts";
import { printJson } from "../../terminal/print_json.ts";
import { writeResult } from "../../terminal/result_file.ts";
import { fittedTable } from "../../terminal/text_table.ts";
import { outputColumns, wrapped } from "../../terminal/wrapped.ts";
import { shownPath } from "../../terminal/user_path.ts";
import { defineViewer, refuseBeside, result, value } from "../flags/flags.ts";
import { openNamed } from "../open_named.ts";
import { experimentOf, json, oneOf, runs, selecting } from "../flags/shared_flags.ts";

/** Job's name, and those whose outputs it takes. */
interface Node {
  job: string;
  stage: string;
  needs: string[];
}

const formats = ["text", "mermaid", "svg"] as const;
type Format = (typeof formats)[number];

const operands = runs(0, 1, "[RUN]");

export const command = defineViewer({
  about: "draws the jobs and what they need, as text, Mermaid or SVG",
  operands: {
    ...operands,
    about: `${operands.about} Without a name the project's jobs are drawn.`,
  },
  flags: {
    experiment: selecting.experiment,
    only: selecting.only,
    format: value("text|mermaid|svg", "the form of the drawing (default text)"),
    output: result("FILE", "writes it to this file; .svg and .mmd choose the form"),
    json,
  },
  async look(place, { operands: [run], experiment, only, format, output, json }, load) {
    if (json) refuseBeside("dag draws, or prints --json", { format, output });
    if (run !== undefined && experiment !== undefined) {
      const message = "dag draws the jobs of a run or of an experiment; expected one of them.";
      throw new Failed({ reason: "usage", message });
    }
    const form = formatOf(format, output);
    const nodes = run === undefined
      ? await nodesOfProject(await load(), experiment, only)
      : await nodesOfRun(place.artifacts, run, only);
    if (json) {
      printJson(nodes);
      return 0;
    }
    const lines = await drawn(nodes, form);
    if (output === undefined) print(lines);
    else {
      writeResult(output, `${lines.join("\n")}\n`);
      printSentences(`Wrote ${shownPath(output)}.`);
    }
    return 0;
  },
});

/** The form that is named, or that a file's name asks for. */
function formatOf(format: string | undefined, output: string | undefined): Format {
  if (format !== undefined) return oneOf("form of a drawing", formats, format);
  if (output?.endsWith(".svg")) return "svg";
  return output !== undefined && /\.(mmd|mermaid)$/.test(output) ? "mermaid" : "text";
}

async function nodesOfProject(
  project: Project,
  experiment: string | undefined,
  only: readonly string[],
): Promise<Node[]> {
  const loaded = await loadExperiment(project, experimentOf(project, experiment));
  return select(project.dag, loaded, { only }).jobs.map((job) => ({
    job: job.name,
    stage: job.stage.name,
    needs: [...needsOf(job)],
  }));
}

async function nodesOfRun(
  artifacts: string,
  run: string,
  only: readonly string[],
): Promise<Node[]> {
  using source = await openNamed(artifacts, run);
  const nodes = source.manifest.jobs.map(({ name, stage, inputs }): Node => ({
    job: name,
    stage,
    needs: [...new Set(Object.values(inputs).map(({ job }) => job))],
  }));
  if (only.length === 0) return nodes;
  const byName = new Map(nodes.map((node) => [node.job, node]));
  const wanted = new Set<string>();
  const open = only.flatMap((text) => jobsNamed(text, [...byName.keys()]));
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (wanted.has(name)) continue;
    wanted.add(name);
    open.push(...byName.get(name)?.needs ?? []);
  }
  return nodes.filter(({ job }) => wanted.has(job));
}

async function drawn(nodes: readonly Node[], form: Format): Promise<string[]> {
  switch (form) {
    case "text":
      return asText(nodes, outputColumns());
    case "mermaid":
      return asMermaid(nodes);
    case "svg": {
      const { dagSvg } = await import("../../report/dag_svg.ts");
      return dagSvg(nodes.map(({ job, needs }) => ({ name: job, needs }))).split("\n");
    }
  }
}

/**
 * A line for each job in order, with those that it needs, which continue below where they are many. They
 * all stand below the job where a name would be broken beside it.
 */
export function asText(nodes: readonly Node[], columns: number): string[] {
  const width = Math.max(...nodes.map(({ job }) => cellWidth(job)));
  const widestNeed = Math.max(...nodes.flatMap(({ needs }) => needs.map(cellWidth)));
  // Two columns between, two for the arrow, one for the comma.
  if (width + widestNeed + 5 > columns) {
    return nodes.flatMap(({ job, needs }) => [
      job,
      ...wrapped(needs.join(", "), columns - 4)
        .map((line, i) => i === 0 ? `  ← ${line}` : `    ${line}`).filter(() => needs.length > 0),
    ]);
  }
  const rows = nodes.flatMap(({ job, needs }) => {
    if (needs.length === 0) return [[job]];
    return wrapped(needs.join(", "), Math.max(24, columns - width - 4))
      .map((line, i) => i === 0 ? [job, `← ${line}`] : ["", `  ${line}`]);
  });
  return fittedTable(rows, columns);
}

/** A flowchart in Mermaid's language, which GitHub and many editors draw. */
export function asMermaid(nodes: readonly Node[]): string[] {
  const ids = new Map(nodes.map(({ job }, i) => [job, `j${i}`]));
  return [
    "flowchart LR",
    ...nodes.map(({ job }) => `  ${ids.get(job)}["${escapeMarkup(job)}"]`),
    ...nodes.flatMap(({ job, needs }) =>
      needs.flatMap((need) => ids.has(need) ? [`  ${ids.get(need)} --> ${ids.get(job)}`] : [])
    ),
  ];
}
