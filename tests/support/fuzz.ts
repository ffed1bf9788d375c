/**
 * Fuzzing of parsers: valid samples, mutated, are read for what they are or refused by an error that was
 * meant, with a message that says what was expected; memory stays within the bound that the parser
 * states. The seed is fixed. `deno test … tests/pipeline/formats/fuzz_formats_test.ts -- --effort=100` tries a hundred
 * times as many, from other seeds as well with `--seed=N`.
 */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";

const option = (name: string, otherwise: number): number => {
  const given = Deno.args.find((arg) => arg.startsWith(`--${name}=`));
  return given === undefined ? otherwise : Number(given.slice(name.length + 3));
};
const effort = option("effort", 1);
const seed = option("seed", 2026);

type Bytes = Uint8Array<ArrayBuffer>;
type ErrorClass = new (...args: never[]) => Error;

interface Parser<T> {
  name: string;
  samples: readonly Uint8Array[];
  /** Reads the bytes. */
  read(bytes: Bytes): T | Promise<T>;
  /** Property of every value that is read. */
  holds?(value: T): boolean;
  /** Gives bytes that read as the same value; absent where there is no writer. */
  write?(value: T): Uint8Array;
  /** The errors that are meant. */
  errors: readonly ErrorClass[];
  /** Bytes outside the heap that reading so many may take. */
  bound(length: number): number;
  runs: number;
  /** Changes to samples; by default byte by byte. */
  mutations?: (sample: Uint8Array) => fc.Arbitrary<Bytes>;
}

/** Values that lengths and counts are not: none, one, the ends of every width, and beyond. */
const extremes = [0n, 1n, 0x7fn, 0x80n, 0xffn, 0x7fffn, 0xffffn, 0x7fffffffn, 0x80000000n]
  .concat([0xffffffffn, 2n ** 53n - 1n, 2n ** 53n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n]);

type Change = (bytes: Bytes) => Bytes;

const spliced = (bytes: Bytes, at: number, removed: number, put: Uint8Array): Bytes => {
  const start = bytes.subarray(0, at);
  const end = bytes.subarray(Math.min(bytes.length, at + removed));
  const out = new Uint8Array(start.length + put.length + end.length);
  out.set(start);
  out.set(put, start.length);
  out.set(end, start.length + put.length);
  return out;
};

/** A place in a file: most that matters lies at its start or its end. */
const places = fc.oneof(
  fc.nat({ max: 40 }).map((at) => (length: number) => Math.min(length, at)),
  fc.nat({ max: 40 }).map((at) => (length: number) => Math.max(0, length - at)),
  fc.double({ min: 0, max: 1, noNaN: true }).map((at) => (length: number) =>
    Math.floor(at * length)
  ),
);

const changes: fc.Arbitrary<Change> = fc.oneof(
  // One bit.
  fc.tuple(places, fc.nat({ max: 7 })).map(([place, bit]): Change => (bytes) => {
    const out = bytes.slice();
    if (out.length > 0) out[Math.min(out.length - 1, place(out.length))] ^= 1 << bit;
    return out;
  }),
  // Cut off.
  places.map((place): Change => (bytes) => bytes.slice(0, place(bytes.length))),
  // Put in, taken out, said twice.
  fc.tuple(places, fc.nat({ max: 9 }), fc.uint8Array({ maxLength: 9 })).map(
    ([place, removed, put]): Change => (bytes) => spliced(bytes, place(bytes.length), removed, put),
  ),
  fc.tuple(places, places).map(([from, to]): Change => (bytes) => {
    const [a, b] = [from(bytes.length), to(bytes.length)].sort((a, b) => a - b);
    return spliced(bytes, b, 0, bytes.slice(a, b));
  }),
  // A number of 1, 2, 4 or 8 bytes that is as large as it can be, or one off.
  fc.tuple(places, fc.constantFrom(1, 2, 4, 8), fc.constantFrom(...extremes), fc.boolean()).map(
    ([place, width, value, little]): Change => (bytes) => {
      const field = new Uint8Array(8);
      new DataView(field.buffer).setBigUint64(0, value, little);
      const part = little ? field.subarray(0, width) : field.subarray(8 - width);
      return spliced(bytes, place(bytes.length), width, part);
    },
  ),
  // Digits in a text that say another number.
  fc.tuple(fc.nat({ max: 30 }), fc.constantFrom(...extremes.map(String), "-1", "1e999", "0.5")).map(
    ([which, number]): Change => (bytes) => {
      const text = new TextDecoder("latin1").decode(bytes.subarray(0, 4096));
      const numbers = [...text.matchAll(/\d+/g)];
      if (numbers.length === 0) return bytes;
      const { 0: { length }, index } = numbers[which % numbers.length];
      return spliced(bytes, index, length, new TextEncoder().encode(number));
    },
  ),
);

/** The sample after up to four changes; after none it must be read. */
export const byteMutations = (sample: Uint8Array): fc.Arbitrary<Bytes> =>
  fc.array(changes, { maxLength: 4 }).map((list) =>
    list.reduce<Bytes>((bytes, change) => change(bytes), sample.slice())
  );

const nested = (open: string, close: string, depth: number): string =>
  open.repeat(depth) + close.repeat(depth);

/** JSON values that no reader of a document expects. */
const oddities = [
  "null",
  "true",
  "-0",
  "1e308",
  "1e999",
  "9007199254740993",
  '""',
  '"\\u0000"',
  '"\\ud800"',
  '"__proto__"',
  `"${"x".repeat(5000)}"`,
  "[]",
  "{}",
  '{"__proto__":{"polluted":true}}',
  '{"constructor":{"prototype":{"polluted":true}}}',
  nested("[", "]", 200),
  nested("[", "]", 50_000),
  nested('{"a":', "0}", 0) + '{"a":'.repeat(20_000) + "1" + "}".repeat(20_000),
  `[${"0,".repeat(20_000)}0]`,
];

/** A JSON document with a value, a member or the whole of it replaced by what nobody expects. */
export const jsonMutations = (sample: Uint8Array): fc.Arbitrary<Bytes> => {
  const text = new TextDecoder().decode(sample);
  // Values and names of members, as they stand in canonical JSON.
  const tokens = [...text.matchAll(/"(?:[^"\\]|\\.)*"|-?\d[\d.e+-]*|true|false|null|\[\]|\{\}/g)];
  const swapped = fc.tuple(fc.nat({ max: tokens.length - 1 }), fc.constantFrom(...oddities)).map(
    ([which, put]) => {
      const { 0: { length }, index } = tokens[which];
      return text.slice(0, index) + put + text.slice(index + length);
    },
  );
  return fc.oneof(
    { weight: 3, arbitrary: swapped.map((changed) => new TextEncoder().encode(changed)) },
    { weight: 2, arbitrary: byteMutations(sample) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(...oddities).map((odd) => new TextEncoder().encode(odd)),
    },
  );
};

/** Bytes that arrays hold outside the heap. */
const held = (): number => Deno.memoryUsage().external;

/** Fuzzes one parser, as a test. */
export function fuzz<T>(parser: Parser<T>): void {
  const { name, samples, read, write, errors, bound, mutations = byteMutations } = parser;
  Deno.test(`${name}: what is mutated is read or refused, with a reason, in bounded memory`, async () => {
    for (const sample of samples) {
      const value = await read(sample.slice());
      if (write !== undefined) assertEquals(await read(write(value).slice()), value);
    }
    const inputs = fc.oneof(...samples.map(mutations));
    await fc.assert(
      fc.asyncProperty(inputs, async (bytes) => {
        const before = held();
        let value: T;
        try {
          value = await read(bytes);
        } catch (error) {
          const taken = held() - before;
          assert(errors.some((known) => error instanceof known), `not meant: ${shown(error)}`);
          const { message } = error as Error;
          assert(/expected|does not fit|not a run/i.test(message), `says too little: ${message}`);
          assert(message.length < 1 << 20, `says ${message.length} characters`);
          assert(taken <= bound(bytes.length), `took ${taken} for ${bytes.length} bytes`);
          return;
        }
        const taken = held() - before;
        assert(taken <= bound(bytes.length), `took ${taken} for ${bytes.length} bytes`);
        assertEquals(({} as { polluted?: true }).polluted, undefined);
        assert(parser.holds?.(value) ?? true, "read as what it cannot be");
        if (write === undefined) return;
        const again = write(value);
        assertEquals(write(await read(again.slice())), again);
      }),
      { numRuns: parser.runs * effort, seed },
    );
  });
}

const shown = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.stack?.slice(0, 600)}` : String(error);
