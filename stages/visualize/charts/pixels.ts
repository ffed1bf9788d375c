/**
 * Encodes pictures within charts as PNG data URIs, so that a specification needs no other file.
 */

/** Turns pixels into a data URI. */
export interface PixelEncoder {
  /** Bytes in rows of `columns`, 255 being black on white; each pixel `scale` wide and high. */
  grey(values: Uint8Array, columns: number, scale: number): string;
  /** Colours of a palette by their index; each pixel `scale` wide and high. */
  indexed(
    indices: Uint8Array,
    columns: number,
    palette: readonly (readonly [number, number, number])[],
    scale: number,
  ): string;
}

/** Pixels are enlarged here, as what draws a chart would blur them in between. */
function enlarged(pixels: Uint8Array, columns: number, channels: number, scale: number) {
  const rows = pixels.length / columns / channels;
  const width = columns * scale;
  const data = new Uint8Array(width * rows * scale * channels);
  for (let y = 0; y < rows * scale; y++) {
    for (let x = 0; x < width; x++) {
      const from = (Math.floor(y / scale) * columns + Math.floor(x / scale)) * channels;
      for (let c = 0; c < channels; c++) data[(y * width + x) * channels + c] = pixels[from + c];
    }
  }
  return { width, height: rows * scale, data };
}

export async function openPixelEncoder(): Promise<PixelEncoder> {
  const { encode } = await import("fast-png");
  const uri = (pixels: Uint8Array, columns: number, channels: 1 | 3, scale: number): string => {
    const file = encode({ ...enlarged(pixels, columns, channels, scale), channels, depth: 8 });
    let binary = "";
    for (const byte of file) binary += String.fromCharCode(byte);
    return `data:image/png;base64,${btoa(binary)}`;
  };
  return {
    grey: (values, columns, scale) => uri(values.map((value) => 255 - value), columns, 1, scale),
    indexed(indices, columns, palette, scale) {
      const pixels = new Uint8Array(indices.length * 3);
      indices.forEach((index, i) => pixels.set(palette[index], 3 * i));
      return uri(pixels, columns, 3, scale);
    },
  };
}
