/** Works through items one by one and shows how far that has come. */
import { openConsole } from "./progress.ts";

/** Milliseconds between two moments in which the view can draw. */
const interval = 100;

/**
 * Calls `each` on all items and shows how far that has come, by the items' weights where they have
 * some. Between two items the view can draw and signals can arrive.
 */
export async function withProgress<T>(
  what: string,
  { about, unit, items, total, weight = () => 1 }: {
    about: string;
    unit: string;
    items: Iterable<T>;
    /** Sum of the items' weights. */
    total: number;
    weight?: (item: T) => number;
  },
  each: (item: T) => void,
): Promise<void> {
  using view = openConsole();
  let done = 0;
  let shown = performance.now();
  const showDone = view.task(what, about, unit);
  for (const item of items) {
    each(item);
    done += weight(item);
    if (performance.now() - shown < interval) continue;
    showDone(done, total);
    await new Promise((resolve) => setTimeout(resolve));
    shown = performance.now();
  }
}
