/**
 * Embeds the page's font, reduced to the characters that the page has, so that the page looks the same
 * everywhere. `fonts/` has the faces that a page uses, because a package of the font has 18.
 */
import { subsetSource } from "./subset.ts";

const fontFamily = "Inter";

const faces = [
  { weight: 400, style: "normal", file: "Inter_400Regular.woff2" },
  { weight: 400, style: "italic", file: "Inter_400Regular_Italic.woff2" },
  { weight: 600, style: "normal", file: "Inter_600SemiBold.woff2" },
];

/** Characters that only the script writes: numbers, units, names of keys. */
const always = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).join("") + "−…×";

/** `@font-face` rules with the glyphs that a text needs. */
export async function fontStyle(text: string): Promise<string> {
  // Almost all of a page is ASCII, which is there always: a search without it takes no time.
  const others = text.replace(/[ -~]+/g, "");
  const characters = [...new Set(always + others)].sort().join("");
  const italic = /<(em|i)[ >]/.test(text);
  const rules: string[] = [];
  for (const { weight, style, file } of faces) {
    if (style === "italic" && !italic) continue;
    const source = await subsetSource(new URL(`../fonts/${file}`, import.meta.url), characters);
    rules.push(
      `@font-face{font-family:${fontFamily};font-weight:${weight};font-style:${style};src:${source}}`,
    );
  }
  return rules.join("");
}
