/** Prepares a project's panels for the page of a run: their contents, and their scripts as one text each. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Project } from "../../engine/project/project.ts";
import { loaded } from "../../engine/project/load_module.ts";
import type { RunSource } from "../../runs/run_source.ts";
import { foreign } from "../../store/cached_output/foreign.ts";
import { browserScript } from "../browser_bundle.ts";
import type { PreparedPanel } from "./page_panels.ts";
import type { Panel, PanelRun } from "./panel.ts";
import { cachesPath } from "../../store/store_place.ts";

/** Name of the global variable that a panel's script sets; `client/panel_in_view.ts` reads it. */
const scriptGlobal = "faninPanel";

/** Prepares the panels for which a run has what they need; `onProblem` gets a sentence for each that fails. */
export async function preparePanels(
  project: Omit<Project, "dag">,
  source: RunSource,
  sections: readonly string[],
  onProblem: (message: string) => void,
): Promise<PreparedPanel[]> {
  const { panelsModule } = project;
  if (panelsModule === undefined) return [];
  const { panels } = await loaded(
    "The panels of the report",
    () => foreign<{ panels: readonly Panel[] }>(() => import(panelsModule)),
  );
  const run = outputsOf(source);
  const prepared = await Promise.all(
    panels.filter(({ section }) => sections.includes(section)).map(async (panel) => {
      const { id, section, below } = panel;
      try {
        const [content, script] = await Promise.all([
          panel.prepare(run),
          browserScript({
            root: project.root,
            entry: fileURLToPath(panel.script),
            cache: join(cachesPath(project.artifacts), `panel-${id}.json`),
            global: scriptGlobal,
          }),
        ]);
        return content === undefined ? [] : [{ panel: { id, section, below }, content, script }];
      } catch (error) {
        onProblem(`The panel ${id} is left out of this report. ${(error as Error).message}`);
        return [];
      }
    }),
  );
  return prepared.flat();
}

const outputsOf = (source: RunSource): PanelRun => ({
  find(type) {
    for (const job of source.manifest.jobs) {
      for (const [name, output] of Object.entries(job.outputs)) {
        if (output.type !== type.kind) continue;
        const bytes = source.read(job.name, name);
        if (bytes !== undefined) return type.decode(bytes);
      }
    }
    return undefined;
  },
});
