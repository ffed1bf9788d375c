/** Makes the tables of a class sortable, and opens the submission that a link leads to: entry of its script. */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { openTarget } from "./open_folds.ts";
import { addThemeSwitch } from "./colour_scheme.ts";
import { makeSortable } from "./sortable_tables.ts";

addThemeSwitch(document.querySelector<HTMLButtonElement>(".theme")!);
for (const table of document.querySelectorAll("table")) makeSortable(table);
addEventListener("hashchange", openTarget);
openTarget();
