/** Compares PNG images pixel by pixel, and draws what changed. */
import type { Detail } from "../../schemas/run/comparison.ts";
import type { KnownAgreement } from "../../schemas/run/agreement_level.ts";
import type { Bounds } from "../../schemas/run/tolerance.ts";
import { decodePng, type Pixels, pngForm } from "./png.ts";

type ImageDetail = Extract<Detail, { kind: "image" }>;

/** Cap on the pixels of an image that is compared. */
const largest = 64e6;

/** Gives RGBA of 0 to 1 at a pixel in one array; a palette, grey or missing alpha is filled in. */
function openPixels({ data, channels, depth, palette }: Pixels): (i: number) => number[] {
  const full = palette === undefined ? 2 ** depth - 1 : 255;
  const [isGrey, hasAlpha] = [channels < 3, channels % 2 === 0];
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
    return pixel;
  };
}

/** Frees the memory of many pixels now: the collector would let that of several images pile up. */
function release({ buffer }: Pixels["data"]): void {
  // Node's pool of small buffers cannot be released.
  if (buffer instanceof ArrayBuffer && buffer.byteLength > 1 << 20) buffer.transfer(0);
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
  const [pixelOfA, pixelOfB] = [openPixels(x), openPixels(y)];
  const picture = new Uint8Array(wantsPicture ? pixels * 4 : 0);
  let changed = 0;
  let most = 0;
  for (let i = 0; i < pixels; i++) {
    const [p, q] = [pixelOfA(i), pixelOfB(i)];
    let distance = 0;
    for (let channel = 0; channel < 4; channel++) {
      distance = Math.max(distance, Math.abs(p[channel] - q[channel]));
    }
    if (distance > 0) changed++;
    most = Math.max(most, distance);
    if (!wantsPicture) continue;
    const grey = 255 - (255 - 255 * (p[0] + p[1] + p[2]) / 3) * 0.25;
    picture[i * 4] = distance > 0 ? 213 : grey;
    picture[i * 4 + 1] = distance > 0 ? 94 * (1 - distance) : grey;
    picture[i * 4 + 2] = distance > 0 ? 0 : grey;
    picture[i * 4 + 3] = 255;
  }
  for (const { data } of [x, y]) release(data);
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
