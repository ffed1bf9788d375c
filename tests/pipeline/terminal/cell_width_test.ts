/** Tests how many columns text is taken to need, and how it is cut. */
import { assert, assertEquals } from "@std/assert";
import { eastAsianWidth } from "get-east-asian-width";
import fc from "fast-check";
import { cellWidth, padded, shortenedName } from "../../../pipeline/terminal/cell_width.ts";
import { cutTo, shortened } from "../../../pipeline/terminal/phrase.ts";

Deno.test("every assigned character takes the columns that Unicode says", () => {
  const assigned =
    /^[^\p{Cn}\p{Cs}\p{Co}\p{Cc}\p{M}\p{Cf}\u1160-\u11ff\ud7b0-\ud7fb\u{1f1e6}-\u{1f1ff}]$/u;
  const wrong: string[] = [];
  // The large blocks of Chinese and Korean are sampled.
  const isLarge = (code: number) =>
    code > 0x4f00 && code < 0x9f00 || code > 0xad00 && code < 0xd700 || code > 0x20000;
  for (let code = 0x20; code <= 0x3ffff; code += isLarge(code) ? 61 : 1) {
    const character = String.fromCodePoint(code);
    if (!assigned.test(character)) continue;
    const width = cellWidth(character);
    if (width !== eastAsianWidth(code)) wrong.push(`U+${code.toString(16)}: ${width}`);
  }
  assertEquals(wrong, []);
});

Deno.test("marks take no column, and emoji of several characters two", () => {
  const widths: [string, number][] = [
    ["e\u0301", 1],
    ["σ² = 2/n", 8],
    ["한글", 4],
    ["\u1112\u1161\u11ab", 2],
    ["👩‍🚀", 2],
    ["🇩🇪", 2],
    ["❤️", 2],
    ["a\u200bb", 2],
    ["写し", 4],
  ];
  for (const [text, width] of widths) assertEquals(cellWidth(text), width, text);
});

Deno.test("text is padded and shortened to columns, never within a character", () => {
  assertEquals([padded("写", 4), padded("写", 4, "start")], ["写  ", "  写"]);
  assertEquals(shortenedName("train/fashion-mlp-seed-1", 12), "train/…eed-1");
  assertEquals(shortenedName("写写写写写", 6), "写…写");
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 1, max: 30 }), (name, most) => {
      const short = shortenedName(name, most);
      assert(cellWidth(short) <= most, short);
      if (cellWidth(name) <= most) assertEquals(short, name);
    }),
  );
});

Deno.test("a shortened text fits, is a prefix, and is not shortened without need", () => {
  fc.assert(fc.property(fc.string(), fc.integer({ min: 1, max: 60 }), (text, width) => {
    const short = shortened(text, width);
    assert(short.length <= width);
    if (text.length <= width) assertEquals(short, text);
    else assert(short.endsWith("…") && text.startsWith(short.slice(0, -1)));
  }));
});

Deno.test("a text that is cut to a length has no half of a character", () => {
  assertEquals(cutTo("ab👩cd", 4), "ab…");
  assertEquals(cutTo("ab👩cd", 5), "ab👩…");
  const unit = "grapheme" as const;
  fc.assert(
    fc.property(fc.string({ unit }), fc.integer({ min: 1, max: 60 }), (text, most) => {
      for (const short of [cutTo(text, most), shortened(text, most)]) {
        assert(short.length <= most && short.isWellFormed(), short);
      }
      if (text.length <= most) assertEquals(cutTo(text, most), text);
    }),
  );
});
