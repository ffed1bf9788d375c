/**
 * Embeds the page's font, reduced to the characters that the page has. The font is in an npm package, so
 * that the page looks the same everywhere.
 */
import { Buffer } from "node:buffer";

const fontFamily = "Inter";

const faces = [
  { weight: 400, style: "normal", file: "400Regular/Inter_400Regular.ttf" },
  { weight: 400, style: "italic", file: "400Regular_Italic/Inter_400Regular_Italic.ttf" },
  { weight: 600, style: "normal", file: "600SemiBold/Inter_600SemiBold.ttf" },
];

/** Characters that only the script writes: numbers, units, names of keys. */
const always = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).join("") + "−…×";

/** `@font-face` rules with the glyphs that a text needs. */
export async function fontStyle(text: string): Promise<string> {
  const { default: subset } = await import("subset-font");
  const characters = [...new Set(always + text)].sort().join("");
  const italic = /<(em|i)[ >]/.test(text);
  const fonts = import.meta.resolve("@expo-google-fonts/inter/package.json");
  const rules: string[] = [];
  for (const { weight, style, file } of faces) {
    if (style === "italic" && !italic) continue;
    const whole = Buffer.from(Deno.readFileSync(new URL(file, fonts)));
    const font = await subset(whole, characters, { targetFormat: "woff2" });
    rules.push(
      `@font-face{font-family:${fontFamily};font-weight:${weight};font-style:${style};` +
        `src:url(data:font/woff2;base64,${font.toString("base64")}) format("woff2")}`,
    );
  }
  return rules.join("");
}
