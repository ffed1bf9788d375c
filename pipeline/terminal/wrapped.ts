/** Breaks text into lines that a terminal shows whole. */

/** Lines of at most `columns` characters, broken at spaces where there are some. */
export function wrapped(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (longer.length <= columns || line === "") line = longer;
    else {
      lines.push(line);
      line = word;
    }
  }
  return [...lines, line];
}

/** Paragraphs under one label, which stands beside the first. What goes on in a line below is indented. */
export const labelled = (
  label: string,
  paragraphs: readonly string[],
  { indent, columns }: { indent: number; columns: number },
): string[] =>
  paragraphs.flatMap((text, i) => {
    const [first, ...rest] = wrapped(text, columns - indent - 2);
    const head = i === 0 ? label.padEnd(indent) : " ".repeat(indent);
    return [`${head}${first}`, ...rest.map((line) => `${" ".repeat(indent + 2)}${line}`)];
  });

/** Columns of the terminal on standard output; unbounded where it is none. */
export function outputColumns(): number {
  if (!Deno.stdout.isTerminal()) return Infinity;
  try {
    return Deno.consoleSize().columns;
  } catch {
    return 80;
  }
}
