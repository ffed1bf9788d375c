/** Tests that the lists of pixels, which threads make side by side, lie apart for images of any size. */
import { assertEquals } from "@std/assert";
import { denseLayout, PAIR, PIXELS } from "../../../stages/networks/wasm/dense_layout.ts";
import { assemble } from "../../../stages/networks/wasm/dense_network.ts";
import { denseText } from "../../../stages/networks/wasm/dense_wat.ts";

const range = (n: number) => Array.from({ length: n }, (_, i) => i);

/** Lists a batch of images that have no pixel of 0, list by list in either direction; gives the lists' bytes. */
async function listed(inputs: number, samples: number): Promise<Record<"up" | "down", Uint8Array>> {
  const layout = denseLayout([inputs, 1], samples);
  const [order, pixels] = [layout.end, layout.end + samples * 4];
  const pages = Math.ceil((pixels + samples * inputs + PIXELS) / 65536);
  const module = await assemble(denseText(layout, pages));
  const run = (turn: (lists: number[]) => number[]) => {
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    new Uint32Array(memory.buffer, order, samples).set(range(samples));
    new Uint8Array(memory.buffer, pixels, samples * inputs).fill(255);
    const { exports } = new WebAssembly.Instance(module, {
      env: { memory, exp: Math.exp, log: Math.log },
    });
    const { listSamples, listPixels } = exports as Record<string, CallableFunction>;
    const given = [layout.batches[0], order, samples, pixels, 0n];
    const works = [
      ...range(Math.ceil(samples / PAIR)).map((i) => () => listSamples(...given, i, i + 1)),
      ...range(Math.ceil(inputs / PIXELS)).map((i) => () => listPixels(...given, i, i + 1)),
    ];
    for (const work of turn(range(works.length))) works[work]();
    return new Uint8Array(memory.buffer).slice(layout.batches[0], layout.end);
  };
  return { up: run((lists) => lists), down: run((lists) => lists.reverse()) };
}

Deno.test("a list of pixels is the same whichever list beside it is made after it", async () => {
  for (const inputs of range(2 * PIXELS + 1).map((i) => i + 1)) {
    const { up, down } = await listed(inputs, 7);
    assertEquals(countUnlike(up, down), 0, `images of ${inputs} pixels`);
  }
});

const countUnlike = (a: Uint8Array, b: Uint8Array): number =>
  a.reduce((sum, byte, i) => sum + Number(byte !== b[i]), 0);
