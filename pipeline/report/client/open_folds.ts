/** Fills folded parts of the page when they are opened, and opens those that a link leads into. */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { makeSortable } from "./sortable_tables.ts";
import { unpack } from "./unpack.ts";

let contents: Promise<string[]> | undefined;

/** Puts the contents of `details` in their place, once. */
async function fill(details: HTMLDetailsElement): Promise<void> {
  const places = details.querySelectorAll<HTMLElement>(":scope > .fold[data-fold]");
  if (places.length === 0) return;
  contents ??= unpack("folds").then((text) => JSON.parse(text) as string[]);
  const all = await contents;
  for (const place of places) {
    const { fold } = place.dataset;
    if (fold === undefined) continue;
    delete place.dataset.fold;
    place.innerHTML = all[Number(fold)];
    for (const table of place.querySelectorAll("table")) makeSortable(table);
  }
}

export function fillFolds(): void {
  // An event of opening does not bubble.
  document.addEventListener("toggle", ({ target }) => {
    if (target instanceof HTMLDetailsElement && target.open) void fill(target);
  }, { capture: true });
  for (const open of document.querySelectorAll<HTMLDetailsElement>("details[open]")) {
    void fill(open);
  }
}

/** Opens the folded parts about what the page's address names, and shows it even if it is filtered out. */
export function openTarget(): void {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  let isFolded = false;
  for (let at = target; at !== null; at = at.parentElement) {
    if (!(at instanceof HTMLDetailsElement)) continue;
    isFolded = true;
    at.hidden = false;
    at.open = true;
  }
  if (isFolded) target!.scrollIntoView();
}
