/** Waits until an element comes near the view, so that a page does at first only what a reader sees. */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

/** Distance from the view at which an element is prepared. */
const rootMargin = "200px";

export function inView(element: Element): Promise<void> {
  return new Promise((resolve) => {
    const watcher = new IntersectionObserver((entries) => {
      if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
      watcher.disconnect();
      resolve();
    }, { rootMargin });
    watcher.observe(element);
  });
}
