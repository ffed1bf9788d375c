/** Finds out what a stream's reader can see: a terminal's size and colours, or plain text in a file. */

export interface Screen {
  readonly isTerminal: boolean;
  /** Unbounded where it is no terminal. */
  readonly columns: number;
  readonly rows: number;
  /** False under NO_COLOR. */
  readonly colour: boolean;
  /** Lines can be drawn again; false for TERM=dumb. */
  readonly moves: boolean;
}

/** Assumed of a terminal that does not say its size. */
const usual = { columns: 80, rows: 24 };

export function screenOf(stream: { isTerminal(): boolean }): Screen {
  if (!stream.isTerminal()) {
    return { isTerminal: false, columns: Infinity, rows: Infinity, colour: false, moves: false };
  }
  const moves = Deno.env.get("TERM") !== "dumb";
  return { isTerminal: true, ...sizeOfTerminal(), colour: moves && !Deno.noColor, moves };
}

/** The size now; a terminal that is one of this process's streams. */
function sizeOfTerminal(): { columns: number; rows: number } {
  try {
    const { columns, rows } = Deno.consoleSize();
    return { columns: columns || usual.columns, rows: rows || usual.rows };
  } catch {
    return usual;
  }
}
