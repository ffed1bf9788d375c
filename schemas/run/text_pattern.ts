/**
 * The form of a line that a program prints, with names in braces where numbers stand:
 * `Epoch {epoch}, Train loss {train-loss}`. `{*}` stands for any text, `{{` and `}}` for braces. White
 * space stands for any white space, or none; case does not matter.
 */

type PatternPart =
  | { kind: "text"; text: string }
  /** White space, or none. */
  | { kind: "space" }
  | { kind: "number"; name: string }
  /** Any text. */
  | { kind: "any" };

export type TextPattern = readonly PatternPart[];

/** A brace with what it encloses, a run of white space, or text. */
const part = /\{\{|\}\}|\{([^{}]*)\}|\s+|[^{}\s]+|[{}]/g;

const name = /^[\p{L}\p{N}_][\p{L}\p{M}\p{N}_-]{0,99}$/u;

/** The parts of a pattern. Throws an error that says what is wrong. */
export function parsePattern(pattern: string): TextPattern {
  const parts: PatternPart[] = [];
  for (const [all, enclosed] of pattern.trim().matchAll(part)) {
    const last = parts.at(-1);
    if (enclosed === "*") parts.push({ kind: "any" });
    else if (enclosed !== undefined) {
      if (!name.test(enclosed)) {
        throw new Error(
          'expected a name of letters, digits, "_" and "-" in braces, or "*"; found ' +
            JSON.stringify(all),
        );
      }
      if (last?.kind === "number") {
        throw new Error(`expected text between {${last.name}} and ${all}, found none`);
      }
      parts.push({ kind: "number", name: enclosed });
    } else if (all === "{" || all === "}") {
      throw new Error(`expected a name between braces, found one brace; write ${all}${all} for it`);
    } else if (all.trim() === "") parts.push({ kind: "space" });
    else {
      const text = (all === "{{" || all === "}}" ? all[0] : all).toLowerCase();
      if (last?.kind === "text") last.text += text;
      else parts.push({ kind: "text", text });
    }
  }
  const names = patternNames(parts);
  if (names.length === 0) throw new Error("expected a name in braces, found none");
  const twice = names.find((one, i) => names.indexOf(one) < i);
  if (twice !== undefined) throw new Error(`expected each name once, found {${twice}} again`);
  return parts;
}

/** The names of its numbers, in order. */
export const patternNames = (pattern: TextPattern): string[] =>
  pattern.flatMap((part) => part.kind === "number" ? [part.name] : []);
