/**
 * Draws standard normals in bulk, and multiplies matrices of them, in WebAssembly: the same draws, bit
 * for bit, as numpy's `Generator(SFC64(seed)).standard_normal`. `standard_normal_wat.ts` has the arithmetic.
 */
import { log1p } from "./log1p.ts";
import type { SeedSequence } from "./seed_sequence.ts";
import { tables, writeTables } from "./standard_normal_tables.ts";
import { standardNormalText } from "./standard_normal_wat.ts";

/**
 * A stream of standard normals. Vectors and matrices lie in the kernel's memory; a product names
 * vectors that `vector` has given, or parts of them. Matrices are filled row by row.
 */
export interface NormalKernel {
  /** Starts the stream that numpy's `Generator(SFC64(seed))` has. */
  seed(seed: SeedSequence): void;
  /**
   * A new vector of zeros, for as long as the kernel lives.
   * @throws RangeError when the kernel's memory does not have so much left
   */
  vector(length: number): Float64Array;
  /** Fills `out` with draws from N(0, 1). */
  fill(out: Float64Array): void;
  /** Fills `out` with draws uniform on [0, 1), from the same stream, as `fillRandom` does. */
  fillUniform(out: Float64Array): void;
  /** Fills `out` with 1 and -1: the bits of successive outputs of the generator, lowest first. */
  fillSigns(out: Float64Array): void;
  /**
   * out = Z x for a matrix Z of shape (out.length, x.length) that is drawn, and kept in `matrix` if
   * there is one. Each sum runs from the first column to the last.
   */
  products(x: Float64Array, out: Float64Array, matrix?: Float64Array): void;
  /** out = Zᵀ g for a matrix Z of shape (g.length, out.length) that is drawn; sums run over rows. */
  transposedProducts(g: Float64Array, out: Float64Array): void;
  /** out = Mᵀ g for a matrix that was kept, of shape (g.length, out.length). */
  transposedProductsOf(matrix: Float64Array, g: Float64Array, out: Float64Array): void;
}

interface Exports {
  seed(a: bigint, b: bigint, c: bigint): void;
  fill(out: number, count: number): void;
  fillUniform(out: number, count: number): void;
  fillSigns(out: number, count: number): void;
  products(rows: number, columns: number, x: number, out: number): void;
  productsKept(rows: number, columns: number, x: number, out: number, matrix: number): void;
  transposedProducts(rows: number, columns: number, g: number, out: number): void;
  transposedProductsOf(
    matrix: number,
    rows: number,
    columns: number,
    g: number,
    out: number,
  ): void;
}

/** Bytes of a page of WebAssembly memory. */
const PAGE = 65536;

let compiled: Promise<WebAssembly.Module> | undefined;

/** Assembles the kernel's binary, a WebAssembly module. */
export async function assembledKernel(): Promise<Uint8Array<ArrayBuffer>> {
  const { default: initialize } = await import("wabt");
  const module = (await initialize()).parseWat("standard_normal.wat", standardNormalText);
  try {
    return new Uint8Array(module.toBinary({}).buffer);
  } finally {
    module.destroy();
  }
}

const assemble = async (): Promise<WebAssembly.Module> =>
  await WebAssembly.compile(await assembledKernel());

/**
 * A kernel with room for `capacity` numbers in its vectors and matrices.
 * @throws RangeError when that is more than a WebAssembly memory can have
 */
export const createNormalKernel = async (capacity: number): Promise<NormalKernel> =>
  await normalKernelOf(await (compiled ??= assemble()), capacity);

/** The same of a module that is compiled already. */
export async function normalKernelOf(
  module: WebAssembly.Module,
  capacity: number,
): Promise<NormalKernel> {
  const pages = Math.ceil((tables.end + capacity * 8) / PAGE);
  if (!(pages < 65536)) {
    throw new RangeError(`expected a capacity within 4 GiB, found ${capacity} numbers`);
  }
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  writeTables(memory);
  const instance = await WebAssembly.instantiate(module, {
    env: { memory, exp: Math.exp, log1p: log1p.plain },
  });
  const kernel = instance.exports as unknown as Exports;
  // The getter looks the buffer up each time, and this memory's never changes.
  const { buffer } = memory;
  let end = tables.end;

  const address = (vector: Float64Array): number => {
    if (vector.buffer === buffer) return vector.byteOffset;
    throw new RangeError("expected a vector of this kernel, found one of other memory");
  };
  const sameShape = (matrix: Float64Array, rows: number, columns: number): number => {
    if (matrix.length === rows * columns) return address(matrix);
    throw new RangeError(
      `expected a matrix of ${rows} times ${columns}, found ${matrix.length} numbers`,
    );
  };

  return {
    seed(seed) {
      const [a, b, c] = seed.generateState(3, "uint64");
      kernel.seed(a, b, c);
    },
    vector(length) {
      if (end + length * 8 > buffer.byteLength) {
        throw new RangeError(
          `expected vectors of ${capacity} numbers in all, found ${length} more; ` +
            "create the kernel with a larger capacity",
        );
      }
      const vector = new Float64Array(buffer, end, length);
      end += length * 8;
      return vector;
    },
    fill: (out) => kernel.fill(address(out), out.length),
    fillUniform: (out) => kernel.fillUniform(address(out), out.length),
    fillSigns: (out) => kernel.fillSigns(address(out), out.length),
    products(x, out, matrix) {
      if (matrix === undefined) {
        kernel.products(out.length, x.length, address(x), address(out));
        return;
      }
      const kept = sameShape(matrix, out.length, x.length);
      kernel.productsKept(out.length, x.length, address(x), address(out), kept);
    },
    transposedProducts(g, out) {
      // A single column's sum runs over its rows: the same as a single row's over its columns.
      if (out.length === 1) {
        kernel.products(1, g.length, address(g), address(out));
        return;
      }
      out.fill(0);
      kernel.transposedProducts(g.length, out.length, address(g), address(out));
    },
    transposedProductsOf(matrix, g, out) {
      const kept = sameShape(matrix, g.length, out.length);
      out.fill(0);
      kernel.transposedProductsOf(kept, g.length, out.length, address(g), address(out));
    },
  };
}
