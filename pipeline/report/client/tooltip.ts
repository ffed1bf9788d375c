/** Shows the tooltip of charts: one element, filled as text. */
/// <reference lib="dom" />

/** Distance from the pointer, in pixels. */
const distance = 14;

/** Shows what vega gives: an object of values by name, a text, or nothing. */
export function showTooltip(event: MouseEvent, value: unknown): void {
  const tooltip = document.querySelector<HTMLElement>(".tooltip")!;
  if (value === null || value === undefined || value === "") {
    tooltip.hidden = true;
    return;
  }
  if (typeof value === "object") {
    const list = document.createElement("dl");
    for (const [name, shown] of Object.entries(value)) {
      const term = document.createElement("dt");
      const description = document.createElement("dd");
      term.textContent = name;
      description.textContent = String(shown);
      list.append(term, description);
    }
    tooltip.replaceChildren(list);
  } else {
    tooltip.textContent = String(value);
  }
  tooltip.hidden = false;
  const { width, height } = tooltip.getBoundingClientRect();
  const { innerWidth, innerHeight } = globalThis as unknown as Window;
  const x = event.clientX + distance + width > innerWidth
    ? event.clientX - distance - width
    : event.clientX + distance;
  const y = event.clientY + distance + height > innerHeight
    ? event.clientY - distance - height
    : event.clientY + distance;
  tooltip.style.left = `${Math.max(4, x)}px`;
  tooltip.style.top = `${Math.max(4, y)}px`;
}
