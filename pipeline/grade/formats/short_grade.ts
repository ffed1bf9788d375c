/**
 * Lays out a grade in at most `mostLines` lines: the score, the groups' points, the items that do not
 * pass, what the grade rests on. `grade_table.ts` writes every item.
 */
import type { Grade } from "../../../schemas/run/graded.ts";
import { cellWidth } from "../../terminal/cell_width.ts";
import { escaped, oneLine } from "../../terminal/escape.ts";
import { count } from "../../terminal/numbers.ts";
import type { Screen } from "../../terminal/screen.ts";
import { type Span, styled } from "../../terminal/styled.ts";
import { textTable } from "../../terminal/text_table.ts";
import { wrappedLine } from "../../terminal/wrapped.ts";
import { groupName } from "../subtotals.ts";
import { errorsOfGrade, isPassed, remarks, scoreText } from "./format.ts";
import { slashed } from "./grade_table.ts";

type Line = readonly Span[];

/** Most lines of a grade on a terminal of at least 80 columns. */
export const mostLines = 24;

/**
 * Most lines of the groups, and of what the grade rests on. The items have what is left; remarks have more
 * lines where the items leave them.
 */
const most = { groups: 8, errors: 4, remarks: 4 };

/** Columns of a line of text, also on a wider terminal: longer lines are hard to read. */
const widest = 120;

const margin = "  ";

/** Most characters of one item's or remark's text; `-v` has the rest. */
const mostText = 400;

/** "✗ assignment: 112 of 114 items, 121 of 123 points (98.3 %); NOT PASSED" */
function headOf(grade: Grade, { isTerminal }: Pick<Screen, "isTerminal">): Line {
  const style = grade.passed ? "good" : "bad";
  return [
    ...isTerminal ? [styled(style, grade.passed ? "✓" : "✗"), " "] : [],
    styled("strong", escaped(oneLine(grade.subject))),
    `: ${scoreText(grade)}; `,
    styled(style, grade.passed ? "passed" : "NOT PASSED"),
  ];
}

/** One line, for `--quiet`. */
export const quietGrade = (grade: Grade, screen: Screen): Line => headOf(grade, screen);

export function shortGrade(grade: Grade, screen: Screen): Line[] {
  const columns = Math.max(20, Math.min(screen.columns, screen.isTerminal ? widest : Infinity));
  const lines = (line: Line, indent = 2 * margin.length) => wrappedLine(line, columns, indent);
  const note = (text: string) => lines([margin, shortened(text)]);
  const head = lines(headOf(grade, screen), margin.length);
  const against = note(`Graded against ${grade.expected.file}.`);
  const groups = within(groupLines(grade, columns), most.groups, "group");
  const ofGrade = errorsOfGrade(grade);
  const errors = within(ofGrade.map(note), most.errors, "error");
  const others = remarks(grade).filter((text) => !ofGrade.includes(text));
  const failing = grade.items.filter((item) => !isPassed(item)).map(({ id, explanation }) =>
    lines([margin, styled("bad", escaped(oneLine(id))), `: ${shortened(explanation ?? "")}`])
  );
  const blanks = [groups, failing].filter((part) => part.length > 0).length + 1;
  const taken = [head, groups, errors, against].reduce((sum, part) => sum + part.length, blanks);
  const spare = mostLines - taken - failing.flat().length;
  const rest = within(others.map(note), Math.max(spare, most.remarks), "remark");
  const items = within(failing, Math.max(mostLines - taken - rest.length, 1), "item");
  return [head, groups, items, [...errors, ...rest, ...against]]
    .filter((part) => part.length > 0)
    .flatMap((part, i) => i === 0 ? part : [[], ...part]);
}

function shortened(text: string): string {
  const line = escaped(oneLine(text));
  return line.length <= mostText ? line : `${line.slice(0, mostText).replace(/ \S*$/, "")} … (-v)`;
}

/** The first entries, each of some lines, for which `room` has lines; says how many are left. */
function within(entries: readonly (readonly Line[])[], room: number, noun: string): Line[] {
  const all = entries.flat();
  if (all.length <= room) return all;
  const shown: Line[] = [];
  let left = entries.length;
  for (const entry of entries) {
    if (shown.length + entry.length > room - 1) break;
    shown.push(...entry);
    left--;
  }
  const more = shown.length === 0 ? count(left, noun) : `and ${count(left, `more ${noun}`)}`;
  return [...shown, [margin, styled("faint", `… ${more}: -v`)]];
}

/**
 * A row for each group, or a sentence where rows are too wide. Groups that lack points come first where not
 * all can be shown.
 */
function groupLines({ groups }: Grade, columns: number): Line[][] {
  if (groups.length < 2) return [];
  const isWhole = (group: Grade["groups"][number]) => group.passed === group.items;
  const ordered = groups.length <= most.groups
    ? groups
    : [...groups].sort((a, b) => Number(isWhole(a)) - Number(isWhole(b)));
  const cells = ordered.map((one) => [
    oneLine(groupName(one.group)),
    `${one.passed} of ${count(one.items, "item")}`,
    `${slashed(one)} points`,
  ]);
  const table = textTable(cells, [1, 2]);
  const isNarrow = table.some((line) => cellWidth(margin + line) > columns);
  const texts = isNarrow
    ? cells.map(([name, items, points]) => escaped(`${name}: ${items}, ${points}`))
    : table;
  return ordered.map((one, i) => {
    const line = [margin, isWhole(one) ? texts[i] : styled("warning", texts[i])];
    return wrappedLine(line, columns, 2 * margin.length);
  });
}
