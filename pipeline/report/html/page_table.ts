/** Builds tables of the page: the page's script sorts them, and wide ones scroll. */
import { type Html, markup } from "./html.ts";

interface Column {
  label: string;
  numeric: boolean;
  /** Not sortable. */
  fixed?: boolean;
}

/** Columns by their labels. Those whose label ends in "#" hold numbers, those in "!" are not sortable. */
export const columnsOf = (...labels: readonly string[]): Column[] =>
  labels.map((label) => ({
    label: label.replace(/#?!?$/, ""),
    numeric: /#!?$/.test(label),
    fixed: label.endsWith("!"),
  }));

interface Table {
  caption: string;
  /** For screen readers only. */
  hideCaption?: boolean;
  columns: readonly Column[];
  rows: readonly (readonly (string | number | Html)[])[];
  /** A last row that is not sorted. */
  foot?: readonly (string | number)[];
  /** The first cell of a row names it. */
  rowHeaders?: boolean;
}

/** A table of so many columns is scrolled rather than squeezed. */
const many = 5;

const kind = ({ numeric }: Column): Html | false => numeric && markup` class="number"`;

/** A cell's content: numbers with a typographic minus. */
const shown = (cell: string | number | Html): string | Html =>
  typeof cell === "number" ? String(cell).replace("-", "\u2212") : cell;

export function table(
  { caption, hideCaption, columns, rows, foot, rowHeaders }: Table,
): Html {
  const heads = columns.map((column) => {
    const sortable = column.fixed !== true && markup` data-sortable`;
    return markup`<th scope="col"${kind(column)}${sortable}>${column.label}</th>`;
  });
  const cellsOf = (row: readonly (string | number | Html)[]) =>
    row.map((cell, i) =>
      rowHeaders && i === 0
        ? markup`<th scope="row">${shown(cell)}</th>`
        : markup`<td${kind(columns[i])}>${shown(cell)}</td>`
    );
  return markup`<div class="table" tabindex="0" role="region" aria-label="${caption}">
<table${columns.length >= many && markup` class="many"`}>
<caption${hideCaption && markup` class="unseen"`}>${caption}</caption>
<thead><tr>${heads}</tr></thead>
<tbody>
${rows.map((row) => markup`<tr>${cellsOf(row)}</tr>\n`)}</tbody>
${foot !== undefined && markup`<tfoot><tr>${cellsOf(foot)}</tr></tfoot>`}</table></div>`;
}
