/** Tests the reading of PNG files against another decoder, for every filter, depth and colour type. */
import { assertEquals, assertRejects } from "@std/assert";
import { crc32, deflateSync } from "node:zlib";
import { decode, encode } from "fast-png";
import { FormatError } from "../../../pipeline/formats/artifact_type.ts";
import { compareImages } from "../../../pipeline/diff/images.ts";
import { decodePng } from "../../../pipeline/diff/png.ts";
import { noBounds } from "../../../pipeline/diff/tolerance_bounds.ts";
import { joined } from "../../support/zip_bytes.ts";

const [width, height] = [7, 15];

const number32 = (value: number): Uint8Array => {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
};

function chunk(type: string, data: Uint8Array): Uint8Array {
  const body = joined(new TextEncoder().encode(type), data);
  return joined(number32(data.length), body, number32(crc32(body)));
}

interface Made {
  depth: number;
  colour: number;
  channels: number;
  more?: Uint8Array[];
  rows?: number;
  firstFilter?: number;
}

/** A file whose rows have all filters in turn, and whose bytes are of all sizes. */
function pngOf({ depth, colour, channels, more = [], rows = height, firstFilter = 0 }: Made) {
  const stride = width * channels * depth / 8;
  const raw = new Uint8Array(rows * (stride + 1)).map((_, i) =>
    i % (stride + 1) === 0
      ? (firstFilter + i / (stride + 1)) % 5
      : colour === 3 && i < stride + 1
      ? i % 4
      : colour === 3
      ? 0
      : (i * i * 7) % 251
  );
  if (firstFilter > 4) raw[0] = firstFilter;
  const header = joined(
    number32(width),
    number32(height),
    Uint8Array.of(depth, colour, 0, 0, 0),
  );
  return joined(
    Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10),
    chunk("IHDR", header),
    ...more,
    chunk("IDAT", deflateSync(raw)),
    chunk("IEND", new Uint8Array()),
  );
}

const palette = [
  chunk("PLTE", Uint8Array.from({ length: 12 }, (_, i) => 20 * i)),
  chunk("tRNS", Uint8Array.of(0, 128)),
];

for (
  const [what, made] of [
    ["grey of 8 bits", { depth: 8, colour: 0, channels: 1 }],
    ["grey of 16 bits", { depth: 16, colour: 0, channels: 1 }],
    ["colours of 8 bits", { depth: 8, colour: 2, channels: 3 }],
    ["colours of 16 bits", { depth: 16, colour: 2, channels: 3 }],
    ["grey with alpha", { depth: 8, colour: 4, channels: 2 }],
    ["colours with alpha of 8 bits", { depth: 8, colour: 6, channels: 4 }],
    ["colours with alpha of 16 bits", { depth: 16, colour: 6, channels: 4 }],
    ["a palette", { depth: 8, colour: 3, channels: 1, more: palette }],
  ] satisfies [string, Made][]
) {
  Deno.test(`the pixels of a PNG with ${what} are those of another decoder`, async () => {
    for (const firstFilter of [0, 1, 2, 3, 4]) {
      const png = pngOf({ ...made, firstFilter });
      const { data, channels, depth } = await decodePng(png);
      const expected = decode(png);
      assertEquals([channels, depth], [expected.channels, expected.depth]);
      assertEquals([...data], [...expected.data]);
    }
  });
}

Deno.test("the colours of a palette have their alpha", async () => {
  const { palette: found } = await decodePng(
    pngOf({ depth: 8, colour: 3, channels: 1, more: palette }),
  );
  assertEquals(found, [[0, 20, 40, 0], [60, 80, 100, 128], [120, 140, 160], [180, 200, 220]]);
});

Deno.test("equal samples of other bits, or of other colours of a palette, are other pixels", async () => {
  const compare = async (a: Uint8Array, b: Uint8Array) => {
    const found = await compareImages(a, b, noBounds, false);
    return "detail" in found ? found.detail.changed : found.problem;
  };
  const grey = (depth: 8 | 16) => {
    const data = new (depth === 8 ? Uint8Array : Uint16Array)(4).fill(100);
    return encode({ width: 2, height: 2, data, channels: 1, depth });
  };
  assertEquals(await compare(grey(8), grey(16)), 4);
  const coloured = (first: number) =>
    pngOf({
      ...{ depth: 8, colour: 3, channels: 1 },
      more: [chunk("PLTE", Uint8Array.from({ length: 12 }, (_, i) => first + 20 * i))],
    });
  assertEquals(await compare(coloured(0), coloured(0)), 0);
  assertEquals(await compare(coloured(0), coloured(1)), width * height);
});

Deno.test("a colour that one file makes transparent is another colour", async () => {
  const made = { depth: 8, colour: 0, channels: 1 };
  const { data } = await decodePng(pngOf(made));
  const transparent = (sample: number) =>
    pngOf({ ...made, more: [chunk("tRNS", Uint8Array.of(0, sample))] });
  const compare = async (a: Uint8Array, b: Uint8Array) => {
    const found = await compareImages(a, b, noBounds, false);
    return "detail" in found ? [found.detail.changed, found.detail.largest] : found.problem;
  };
  const alike = data.filter((sample) => sample === data[0]).length;
  assertEquals(await compare(pngOf(made), transparent(data[0])), [alike, 1]);
  assertEquals(await compare(transparent(data[0]), transparent(data[0])), [0, 0]);
  const colours = { depth: 8, colour: 2, channels: 3, more: [chunk("tRNS", new Uint8Array(6))] };
  assertEquals((await decodePng(pngOf(colours))).transparency, decode(pngOf(colours)).transparency);
});

const plain = { depth: 8, colour: 2, channels: 3 };
const damaged = pngOf(plain);
damaged[damaged.length - 20] ^= 1;
for (
  const [what, png, message] of [
    ["with too few rows", pngOf({ ...plain, rows: height - 1 }), "bytes are too few"],
    ["with an unknown filter", pngOf({ ...plain, firstFilter: 5 }), "the filter 5"],
    ["with a wrong checksum", damaged, "png: expected pixels"],
    ["without its palette", pngOf({ depth: 8, colour: 3, channels: 1 }), "no palette"],
  ] as const
) {
  Deno.test(`a PNG ${what} is refused`, async () => {
    await assertRejects(() => decodePng(png), FormatError, message);
  });
}
