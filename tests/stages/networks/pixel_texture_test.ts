/** Tests how images come to a WebGPU device, by a device that only records what it is given. */
import { assert, assertEquals } from "@std/assert";
import { pixelTexture } from "../../../stages/networks/webgpu/network.ts";

/** Puts images on a device; gives its texture's bytes, and how many were copied before each submission. */
function recorded(pixels: Uint8Array, samples: number, width: number) {
  const copied: number[] = [];
  let texture = new Uint8Array();
  let texels = 0;
  let waiting = 0;
  const gpu = {
    createTexture({ size: [columns, rows] }: { size: [number, number] }) {
      texels = columns;
      texture = new Uint8Array(columns * rows * 16).fill(7);
      return {};
    },
    queue: {
      writeTexture(
        { origin: [, top] }: { origin: [number, number] },
        bytes: Uint8Array,
        { bytesPerRow }: { bytesPerRow: number },
        [columns, rows]: [number, number],
      ) {
        assertEquals([columns, bytesPerRow], [texels, texels * 16]);
        texture.set(bytes.subarray(0, rows * bytesPerRow), top * bytesPerRow);
        waiting += bytes.length;
      },
      submit() {
        copied.push(waiting);
        waiting = 0;
      },
    },
  };
  pixelTexture(gpu as unknown as GPUDevice, { pixels, samples, width });
  assertEquals(waiting, 0);
  return { texture, copied };
}

Deno.test("images come to a device in parts of some MB, each with its bias", () => {
  for (const [samples, width] of [[3, 5], [11_000, 784], [300_000, 16]]) {
    const pixels = Uint8Array.from({ length: samples * width }, (_, i) => i % 251);
    const { texture, copied } = recorded(pixels, samples, width);
    const stride = Math.ceil(width / 16) * 16 + 16;
    const expected = new Uint8Array(texture.length);
    for (let s = 0; s < samples; s++) {
      expected.set(pixels.subarray(s * width, (s + 1) * width), s * stride);
      expected[(s + 1) * stride - 16] = 255;
    }
    assert(texture.every((byte, i) => byte === expected[i]), `${samples} × ${width}`);
    const most = Math.max(...copied);
    assert(most < 5 << 20, `${most} bytes at once`);
    assertEquals(copied.length, Math.ceil(texture.length / most));
  }
});
