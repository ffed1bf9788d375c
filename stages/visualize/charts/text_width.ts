/**
 * Measures a text's width in the charts' font, from the font's own advances. Without a canvas vega
 * would guess, and leave room for letters nearly twice as wide.
 */

/** Properties of vega's text mark. */
interface TextItem {
  fontSize?: number;
  fontWeight?: string | number;
}

/** The width in pixels; kerning is left out, which changes a line by a percent or less. */
export type TextWidth = (item: TextItem, text: unknown) => number;

/** From the bytes of the font's files. */
export async function openTextWidth(
  { regular, semiBold }: Record<"regular" | "semiBold", Uint8Array>,
): Promise<TextWidth> {
  const { create } = await import("fontkitten");
  const advancesOf = (file: Uint8Array) => {
    const font = create(file as never);
    if (font.isCollection) throw new Error("expected one font, found a collection");
    const known = new Map<string, number>();
    /** In units of the font's size. */
    return (letter: string): number => {
      let advance = known.get(letter);
      if (advance === undefined) {
        advance = font.glyphForCodePoint(letter.codePointAt(0)!).advanceWidth / font.unitsPerEm;
        known.set(letter, advance);
      }
      return advance;
    };
  };
  const [light, bold] = [advancesOf(regular), advancesOf(semiBold)];
  return ({ fontSize = 11, fontWeight = 400 }, text) => {
    const advance = fontWeight === "bold" || Number(fontWeight) >= 600 ? bold : light;
    let width = 0;
    for (const letter of String(text ?? "")) width += advance(letter);
    return width * fontSize;
  };
}
