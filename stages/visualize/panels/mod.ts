/** Lists the panels of the report: what a reader may try beside the charts of a question. */
import type { Panel } from "../../../pipeline/report/panels/panel.ts";
import { boxesPanel } from "./boxes_panel.ts";
import { initialisationPanel } from "./initialisation_panel.ts";

export const panels: readonly Panel[] = [boxesPanel, initialisationPanel];
