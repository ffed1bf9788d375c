/** Compares PNG images pixel by pixel, and draws what changed. */
import type { Detail } from "../../schemas/run/comparison.ts";
import type { KnownAgreement } from "../../schemas/run/agreement_level.ts";
import type { Bounds } from "../../schemas/run/tolerance.ts";
import { release } from "../formats/release.ts";
import { decodePng, type Pixels, type PngForm, pngForm } from "./png.ts";

type ImageDetail = Extract<Detail, { kind: "image" }>;

/** Cap on the pixels of an image that is compared. */
const largest = 64e6;

/** Gives RGBA of 0 to 1 at a pixel in one array; a palette, grey or missing alpha is filled in. */
function openPixels(
  { data, channels, depth, palette, transparency }: Pixels,
): (i: number) => number[] {
  const full = palette === undefined ? 2 ** depth - 1 : 255;
  const [isGrey, hasAlpha] = [channels < 3, channels % 2 === 0];
  const isTransparent = (i: number) =>
    transparency?.every((sample, channel) => sample === data[i * channels + channel]);
  const pixel = [0, 0, 0, 1];
  return (i) => {
    const colour = palette?.[data[i]];
    for (let channel = 0; channel < 3; channel++) {
      const value = palette === undefined
        ? data[i * channels + (isGrey ? 0 : channel)]
        : colour?.[channel] ?? 0;
      pixel[channel] = value / full;
    }
    if (palette !== undefined) pixel[3] = (colour?.[3] ?? 255) / full;
    else if (hasAlpha) pixel[3] = data[i * channels + channels - 1] / full;
    else if (transparency !== undefined) pixel[3] = isTransparent(i) ? 0 : 1;
    return pixel;
  };
}

/** Gives the largest difference of a channel, of 0 to 1, at a pixel of two images. */
function openDistances(x: Pixels, y: Pixels): (i: number) => number {
  const [pixelOfX, pixelOfY] = [openPixels(x), openPixels(y)];
  return (i) => {
    const [p, q] = [pixelOfX(i), pixelOfY(i)];
    let distance = 0;
    for (let channel = 0; channel < 4; channel++) {
      distance = Math.max(distance, Math.abs(p[channel] - q[channel]));
    }
    return distance;
  };
}

/** The first pixel from `i` on whose samples differ, of two images of one form; of others that at `i`. */
function firstApart(x: Pixels, y: Pixels, i: number): number {
  if (x.channels !== y.channels || x.depth !== y.depth || x.palette || y.palette) return i;
  if (x.transparency?.join() !== y.transparency?.join()) return i;
  const a = x.data;
  const b = y.data;
  let at = i * x.channels;
  while (at < a.length && a[at] === b[at]) at++;
  return Math.floor(at / x.channels);
}

/** An image in pale grey, as RGBA of 8 bits. */
function faded(x: Pixels): Uint8Array {
  const pixelOfX = openPixels(x);
  const pixels = x.width * x.height;
  const picture = new Uint8Array(pixels * 4);
  for (let i = 0; i < pixels; i++) {
    const pixel = pixelOfX(i);
    const grey = 255 - (255 - 255 * (pixel[0] + pixel[1] + pixel[2]) / 3) * 0.25;
    picture[i * 4] = grey;
    picture[i * 4 + 1] = grey;
    picture[i * 4 + 2] = grey;
    picture[i * 4 + 3] = 255;
  }
  return picture;
}

/** A picture in RGBA as a PNG file in base64. */
async function encoded(data: Uint8Array, { width, height }: PngForm): Promise<string> {
  const { encode } = await import("fast-png");
  return encode({ width, height, data, channels: 4, depth: 8 }).toBase64();
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
  const [x, y] = [await decodePng(a), await decodePng(b)];
  const distanceAt = openDistances(x, y);
  const picture = wantsPicture ? faded(x) : undefined;
  let changed = 0;
  let most = 0;
  for (let i = firstApart(x, y, 0); i < pixels; i = firstApart(x, y, i + 1)) {
    const distance = distanceAt(i);
    if (distance === 0) continue;
    changed++;
    most = Math.max(most, distance);
    picture?.set([213, 94 * (1 - distance), 0], i * 4);
  }
  release([x.data, y.data]);
  return {
    agreement: changed === 0 ? "equal" : most <= absolute ? "within" : "different",
    detail: {
      kind: "image",
      width,
      height,
      pixels,
      changed,
      largest: most,
      picture: picture !== undefined && changed > 0 ? await encoded(picture, form) : null,
    },
  };
}
