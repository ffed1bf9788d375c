/** Makes the report interactive: entry of its script. Everything is readable without it. */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { enliven } from "./interactive_chart.ts";
import { addFilter } from "./claims_filter.ts";
import { fillFolds, openTarget } from "./open_folds.ts";
import { showPanels } from "./panel_in_view.ts";
import { makeSortable } from "./sortable_tables.ts";
import { addThemeSwitch } from "./colour_scheme.ts";

addThemeSwitch(document.querySelector<HTMLButtonElement>(".theme")!);
for (const table of document.querySelectorAll("table")) makeSortable(table);
for (const form of document.querySelectorAll<HTMLFormElement>("form.filter")) addFilter(form);
enliven(document.querySelectorAll<HTMLElement>("figure.chart"));
showPanels(document.querySelectorAll<HTMLElement>(".panel"));
fillFolds();
addEventListener("hashchange", openTarget);
openTarget();
