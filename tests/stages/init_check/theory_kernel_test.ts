/** Tests that normals and products in WebAssembly have the bits of the reference in TypeScript. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { Generator } from "../../../stages/random/default_rng.ts";
import { SeedSequence } from "../../../stages/random/seed_sequence.ts";
import { Sfc64 } from "../../../stages/random/sfc64.ts";
import { createNormalKernel } from "../../../stages/random/standard_normal_kernel.ts";
import { goldenFile } from "../../support/checkout.ts";

const kernel = await createNormalKernel(2_100_000);
const long = kernel.vector(1_000_000);
const x = kernel.vector(64);
const out = kernel.vector(64);
const matrix = kernel.vector(4096);

const reference = (seed: number | bigint) => new Generator(new Sfc64(new SeedSequence(seed)));

/** The bits, which tell signs of zero apart. */
const bits = (values: Float64Array) => new BigUint64Array(values.slice().buffer);

const seeds = fc.bigInt({ min: 0n, max: 2n ** 130n });
const sizes = fc.integer({ min: 1, max: 64 });

Deno.test("a million normals are the reference's, tail and all", () => {
  kernel.seed(new SeedSequence(20261123));
  kernel.fill(long);
  const expected = reference(20261123).fillStandardNormal(new Float64Array(long.length));
  assertEquals(bits(long), bits(expected));
  // Draws from beyond the ziggurat's last box, on both sides: the slowest path was taken.
  assert(long.some((z) => z > 3.66) && long.some((z) => z < -3.66));
});

const numpyValues = JSON.parse(Deno.readTextFileSync(goldenFile("numpy-sfc64.json")));

for (const { seed, standard_normal_1000000_sha256_f64le } of numpyValues.cases) {
  Deno.test(`seed ${seed} gives numpy's million normals`, () => {
    kernel.seed(new SeedSequence(BigInt(seed)));
    kernel.fill(long);
    const hash = createHash("sha256").update(long).digest("hex");
    assertEquals(hash, standard_normal_1000000_sha256_f64le);
  });
}

Deno.test("any seed and any cut into calls gives the reference's stream", () => {
  fc.assert(
    fc.property(seeds, fc.array(fc.nat(300), { maxLength: 6 }), (seed, lengths) => {
      kernel.seed(new SeedSequence(seed));
      const rng = reference(seed);
      lengths.forEach((length, i) => {
        const part = long.subarray(0, length);
        const expected = new Float64Array(length);
        if (i % 2 === 0) {
          kernel.fill(part);
          rng.fillStandardNormal(expected);
        } else {
          kernel.fillUniform(part);
          rng.fillRandom(expected);
        }
        assertEquals(bits(part), bits(expected));
      });
    }),
  );
});

Deno.test("signs are the bits of the generator's outputs, lowest first", () => {
  fc.assert(fc.property(seeds, fc.nat(200), (seed, length) => {
    kernel.seed(new SeedSequence(seed));
    const signs = long.subarray(0, length);
    kernel.fillSigns(signs);
    const stream = reference(seed).bits;
    const outputs = Array.from({ length: Math.ceil(length / 64) }, () => stream.next64());
    assertEquals(
      [...signs],
      Array.from(signs, (_, i) => (outputs[i >> 6] >> BigInt(i % 64)) % 2n === 0n ? 1 : -1),
    );
    // The next output begins afresh.
    kernel.fillUniform(long.subarray(0, 1));
    assertEquals(long[0], stream.nextDouble());
  }));
});

Deno.test("products, transposed ones, and those of a kept matrix are the reference's sums", () => {
  fc.assert(fc.property(seeds, sizes, sizes, (seed, rows, columns) => {
    const drawn = reference(seed).fillStandardNormal(new Float64Array(rows * columns));
    const signal = (length: number) => {
      const vector = x.subarray(0, length);
      return vector.set(Float64Array.from(vector, (_, i) => Math.sin(i + 1))), vector;
    };

    const [forward, backward] = [new Float64Array(rows), new Float64Array(columns)];
    drawn.forEach((weight, k) => {
      const [j, i] = [Math.floor(k / columns), k % columns];
      forward[j] += weight * Math.sin(i + 1);
      backward[i] += weight * Math.sin(j + 1);
    });

    const input = signal(columns);
    const result = out.subarray(0, rows);
    kernel.seed(new SeedSequence(seed));
    kernel.products(input, result);
    assertEquals(bits(result), bits(forward));
    const kept = matrix.subarray(0, rows * columns);
    kernel.seed(new SeedSequence(seed));
    kernel.products(input, result.fill(0), kept);
    assertEquals(bits(result), bits(forward));
    assertEquals(bits(kept), bits(drawn));

    const gradient = signal(rows);
    const below = out.subarray(0, columns);
    kernel.seed(new SeedSequence(seed));
    kernel.transposedProducts(gradient, below);
    assertEquals(bits(below), bits(backward));
    kernel.transposedProductsOf(kept, gradient, below.fill(7));
    assertEquals(bits(below), bits(backward));
  }));
});

Deno.test("mismatched sizes are refused", async () => {
  const small = await createNormalKernel(10);
  small.vector(4);
  assertThrows(() => small.vector(8192), RangeError, "larger capacity");
  assertThrows(() => small.fill(new Float64Array(2)), RangeError, "of this kernel");
  assertThrows(
    () => kernel.products(x, out, matrix.subarray(1)),
    RangeError,
    "expected a matrix of 64 times 64, found 4095",
  );
});
