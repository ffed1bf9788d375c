/** Shows how commands and programs are used: all of them by subject, and the flags of one. */
import { cellWidth, padded } from "../../terminal/cell_width.ts";
import { outputColumns, wrapped } from "../../terminal/wrapped.ts";
import type { Declared } from "../flags/flags.ts";
import { capitalised } from "../../terminal/phrase.ts";

/** Columns that a help takes at most. */
const widest = 80;

/** Columns of a help on the terminal that there is. */
export const helpColumns = (): number => Math.min(widest, outputColumns());

/** Columns of what stands on the left, at most: a longer one has its text below. */
const leftColumns = (columns: number): number => columns < 60 ? 0 : 26;

/** Rows of two columns; what does not fit into a line of the right one continues below. */
function rows(lines: readonly (readonly [string, string])[], columns: number): string[] {
  const heads = lines.map(([head]) => cellWidth(head))
    .filter((width) => width <= leftColumns(columns));
  const width = Math.max(0, ...heads);
  const below = " ".repeat(width + 4);
  return lines.flatMap(([head, text]) => {
    const [first, ...rest] = wrapped(text, columns - below.length);
    const continued = rest.map((line) => below + line);
    return cellWidth(head) <= width
      ? [`  ${padded(head, width)}  ${first}`, ...continued]
      : [`  ${head}`, below + first, ...continued];
  });
}

/** Commands of one subject, by name. */
export interface Subject {
  readonly title: string;
  readonly commands: Readonly<Record<string, Declared>>;
}

/** The help of all commands, line by line. */
export const overview = (subjects: readonly Subject[], columns = widest): string[] => {
  const all = subjects.flatMap(({ title, commands }) =>
    Object.entries(commands).map(([name, { about }]) => ({ title, row: [name, about] as const }))
  );
  // Set as one table, so that every subject has the same columns.
  const width = Math.max(...all.map(({ row: [name] }) => cellWidth(name)));
  return [
    "fanin, a reproducible experiment pipeline",
    "",
    "Usage: deno task COMMAND [FLAGS]",
    "       fanin COMMAND [FLAGS]      once installed by: deno task install",
    ...subjects.flatMap(({ title, commands }) => [
      "",
      `${title}:`,
      ...rows(
        Object.entries(commands).map(([name, { about }]) => [padded(name, width), about] as const),
        columns,
      ),
    ]),
    "",
    ...wrapped(
      "COMMAND --help, or -h, shows the flags of a command. --json prints for programs. " +
        "--version prints the versions.",
      columns,
    ),
  ];
};

/** The help of one command or program, line by line. `caller` comes before its name. */
export const helpOf = (
  name: string,
  { about, operands, flags }: Declared,
  columns = widest,
): string[] => {
  const shown = Object.entries(flags).map(([flag, { value, about, short }]) => {
    const long = value === undefined ? `--${flag}` : `--${flag} ${value}`;
    return [short === undefined ? long : `-${short}, ${long}`, about] as const;
  });
  const words = ["deno task", name, operands?.text, shown.length === 0 ? undefined : "[FLAGS]"];
  return [
    ...wrapped(`${capitalised(about)}.`, columns),
    "",
    `Usage: ${words.filter((word) => word !== undefined).join(" ")}`,
    ...(operands?.about === undefined ? [] : ["", ...wrapped(operands.about, columns)]),
    ...(shown.length === 0 ? [] : ["", ...rows(shown, columns)]),
  ];
};

/** Tells whether arguments ask for the help. What follows "--" are operands. */
export function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  const flags = end < 0 ? args : args.slice(0, end);
  return flags.some((arg) => arg === "--help" || arg === "-h");
}
