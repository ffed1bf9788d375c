/** Makes tables sortable: each column's head becomes a button, pressed again for the other direction. */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { naturalOrder } from "../../terminal/natural_order.ts";

/** The first number in a cell; cells without one come last. */
function numberIn(text: string): number {
  const found = /[-−]?\d[\d,]*(?:\.\d+)?(?:e[-−+]?\d+)?/i.exec(text);
  return found === null ? Infinity : Number(found[0].replaceAll(",", "").replaceAll("−", "-"));
}

const textOf = (row: HTMLTableRowElement, column: number): string =>
  row.cells[column].textContent!.trim();

export function makeSortable(table: HTMLTableElement): void {
  const heads = [...table.tHead!.rows[0].cells];
  const body = table.tBodies[0];
  const order = [...body.rows];
  heads.forEach((head, column) => {
    if (head.dataset.sortable === undefined) return;
    const isNumeric = head.classList.contains("number");
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const direction = head.ariaSort === "ascending"
        ? "descending"
        : head.ariaSort === "descending"
        ? null
        : "ascending";
      for (const other of heads) other.ariaSort = null;
      head.ariaSort = direction;
      if (direction === null) {
        body.append(...order);
        return;
      }
      const sign = direction === "ascending" ? 1 : -1;
      const compare = (a: HTMLTableRowElement, b: HTMLTableRowElement) => {
        const [left, right] = [textOf(a, column), textOf(b, column)];
        if (!isNumeric) return naturalOrder(left, right);
        const [x, y] = [numberIn(left), numberIn(right)];
        return x === y ? 0 : x < y ? -1 : 1;
      };
      body.append(...[...order].sort((a, b) => sign * compare(a, b)));
    });
  });
}
