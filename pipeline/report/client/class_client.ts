/** Makes the table of graded submissions sortable: entry of its page's script. */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { makeSortable } from "./sortable_tables.ts";
import { addThemeSwitch } from "./colour_scheme.ts";

addThemeSwitch(document.querySelector<HTMLButtonElement>(".theme")!);
for (const table of document.querySelectorAll("table")) makeSortable(table);
