/** Tests that the report's own font files are those of the package that they come from. */
import { assert, assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { basename } from "node:path";
import { create } from "fontkitten";
import subset from "subset-font";
import { fontStyle } from "../../../pipeline/report/html/fonts.ts";
import { openFormulas } from "../../../pipeline/report/html/formulas.ts";
import { keptFeatures } from "../../../pipeline/report/html/subset.ts";
import { sha256Of } from "../../../pipeline/store/sha256.ts";

const bytesAt = (url: string): Buffer => Buffer.from(Deno.readFileSync(new URL(url)));
const faces = ["400Regular/Inter_400Regular", "400Regular_Italic/Inter_400Regular_Italic"]
  .concat("600SemiBold/Inter_600SemiBold")
  .map((name) => ({
    packaged: bytesAt(import.meta.resolve(`@expo-google-fonts/inter/${name}.ttf`)),
    own: bytesAt(import.meta.resolve(`../../../pipeline/report/fonts/${basename(name)}.woff2`)),
  }));

/** The font files that a style embeds. */
const embedded = (style: string): string[] =>
  [...style.matchAll(/base64,([^)]+)\)/g)].map(([, data]) => data);

/** Characters of a font. */
function charactersOf(font: Buffer): string[] {
  const made = create(font);
  assert(!("fonts" in made));
  return made.characterSet.map((point) => String.fromCodePoint(point));
}

/** A hash of a font as WOFF2, which has one form for outlines that TrueType writes in several. */
async function hashOf(font: Buffer): Promise<string> {
  const whole = { targetFormat: "woff2", keepAllGlyphs: true, keepFeatures: keptFeatures };
  return sha256Of(await subset(font, undefined, whole));
}

Deno.test("a page embeds the same glyphs as from the font's package", async () => {
  const some = charactersOf(faces[0].packaged).filter((_, i) => i % 16 === 0).join("");
  const text = `<em>Loss of σ² in ½ of 10⁻³ runs ${some}</em>`;
  const ascii = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).join("");
  const options = { targetFormat: "truetype", keepFeatures: keptFeatures };
  const wanted = await Promise.all(
    faces.map(async ({ packaged }) =>
      await hashOf(await subset(packaged, `${ascii}−…×${text}`, options))
    ),
  );
  const found = embedded(await fontStyle(text)).map((font) => hashOf(Buffer.from(font, "base64")));
  assertEquals(await Promise.all(found), wanted);
  assertEquals(embedded(await fontStyle("no emphasis")).length, 2);
});

Deno.test("the report's font files have every character of the font's package", async () => {
  for (const { packaged, own } of faces) {
    const wanted = charactersOf(packaged);
    assert(wanted.length > 2000, `${wanted.length} characters`);
    const read = await subset(own, wanted.join(""), { targetFormat: "truetype" });
    assertEquals(charactersOf(read), wanted);
  }
});

Deno.test("a page embeds the glyphs of its formulas and no others", async () => {
  const formulas = await openFormulas(() => {});
  formulas.render("\\sum_i \\sigma_i^2 = 1", false);
  formulas.render("\\sum_i \\sigma_i^2 < 3", true);
  const style = await formulas.style();
  const fonts = await Promise.all(
    embedded(style).map((font) =>
      subset(Buffer.from(font, "base64"), undefined, {
        targetFormat: "truetype",
        keepAllGlyphs: true,
      })
    ),
  );
  const found = new Set(fonts.flatMap(charactersOf));
  for (const character of "∑σ23<i") assert(found.has(character), character);
  assert(!found.has("Ω") && !found.has("z"), [...found].join(""));
  assert(style.length < 100_000, `${style.length}`);
});
