/** Compares PNG images pixel by pixel, and draws what changed. */
import type { DecodedPng } from "fast-png";
import type { Detail } from "../../schemas/run/comparison.ts";
import type { KnownAgreement } from "../../schemas/run/agreement_level.ts";
import type { Bounds } from "../../schemas/run/tolerance.ts";
import { decodePng, pngForm } from "./png.ts";

type ImageDetail = Extract<Detail, { kind: "image" }>;

/** Cap on the pixels of an image that is compared. */
const largest = 64e6;

/** RGBA of 0 to 1 at a pixel; a palette, grey or missing alpha is filled in. */
function pixelOf({ data, channels, depth, palette }: DecodedPng, i: number): number[] {
  const full = 2 ** depth - 1;
  if (palette !== undefined) {
    const [r, g, b, alpha = 255] = palette[data[i]] ?? [0, 0, 0];
    return [r / 255, g / 255, b / 255, alpha / 255];
  }
  const at = (channel: number) => data[i * channels + channel] / full;
  switch (channels) {
    case 1:
      return [at(0), at(0), at(0), 1];
    case 2:
      return [at(0), at(0), at(0), at(1)];
    case 3:
      return [at(0), at(1), at(2), 1];
    default:
      return [at(0), at(1), at(2), at(3)];
  }
}

/**
 * Compares two PNG files. `absolute` of the bounds is the largest difference of a channel, of 0 to 1,
 * that still agrees.
 * Throws a `FormatError` on bytes that are no PNG.
 */
export async function compareImages(
  a: Uint8Array,
  b: Uint8Array,
  { absolute }: Bounds,
  wantsPicture: boolean,
): Promise<{ agreement: KnownAgreement; detail: ImageDetail } | { problem: string }> {
  const [form, other] = [pngForm(a), pngForm(b)];
  const { width, height } = form;
  if (width !== other.width || height !== other.height) {
    return { problem: `${width} × ${height} pixels in A, ${other.width} × ${other.height} in B` };
  }
  const pixels = width * height;
  if (pixels > largest) return { problem: `${pixels} pixels; at most ${largest} are compared` };
  if (form.depth < 8 || other.depth < 8) return { problem: "fewer than 8 bits a channel" };
  const { encode } = await import("fast-png");
  const [x, y] = [await decodePng(a), await decodePng(b)];
  const picture = new Uint8Array(wantsPicture ? pixels * 4 : 0);
  let changed = 0;
  let most = 0;
  for (let i = 0; i < pixels; i++) {
    const [p, q] = [pixelOf(x, i), pixelOf(y, i)];
    const distance = Math.max(...p.map((value, channel) => Math.abs(value - q[channel])));
    if (distance > 0) changed++;
    most = Math.max(most, distance);
    if (!wantsPicture) continue;
    const grey = 255 - (255 - 255 * (p[0] + p[1] + p[2]) / 3) * 0.25;
    const shade = distance > 0 ? [213, 94 * (1 - distance), 0] : [grey, grey, grey];
    picture.set([...shade, 255], i * 4);
  }
  return {
    agreement: changed === 0 ? "equal" : most <= absolute ? "within" : "different",
    detail: {
      kind: "image",
      width,
      height,
      pixels,
      changed,
      largest: most,
      picture: wantsPicture && changed > 0
        ? encode({ width, height, data: picture, channels: 4, depth: 8 }).toBase64()
        : null,
    },
  };
}
