/** Keeps SHA-256 hashes in about 64 bytes each, a quarter of what a set of texts takes. */

/** Words of 32 bits in a hash. */
const width = 8;

/** A set of hashes, each given in 64 hexadecimal digits. */
export interface DigestSet {
  readonly size: number;
  has(sha256: string): boolean;
  add(sha256: string): void;
  /** Gives the hashes in no particular order. */
  values(): Generator<string>;
}

/** An empty set. It doubles its table when that is half full; a slot of zeros is free. */
export function digestSet(): DigestSet {
  let slots = 64;
  let table = new Uint32Array(slots * width);
  let filled = 0;
  let hasZero = false;
  const wanted = new Uint32Array(width);

  /** Reads a hash into `wanted`; false for the one of zeros alone. */
  const read = (sha256: string): boolean => {
    for (let i = 0; i < width; i++) wanted[i] = Number.parseInt(sha256.slice(8 * i, 8 * i + 8), 16);
    return wanted.some((word) => word !== 0);
  };
  /** The place of `wanted` in the table: where it is, or where it would be. */
  const placeIn = (words: Uint32Array, count: number): number => {
    // Hashes are spread evenly, so that their first word will do.
    for (let slot = wanted[0] % count;; slot = (slot + 1) % count) {
      const at = slot * width;
      let [isIt, isFree] = [true, true];
      for (let i = 0; i < width; i++) {
        if (words[at + i] !== wanted[i]) isIt = false;
        if (words[at + i] !== 0) isFree = false;
      }
      if (isIt || isFree) return at;
    }
  };
  const isFree = (at: number): boolean => {
    for (let i = 0; i < width; i++) if (table[at + i] !== 0) return false;
    return true;
  };
  const grow = () => {
    const larger = new Uint32Array(2 * table.length);
    for (let at = 0; at < table.length; at += width) {
      if (isFree(at)) continue;
      wanted.set(table.subarray(at, at + width));
      larger.set(wanted, placeIn(larger, 2 * slots));
    }
    slots *= 2;
    table = larger;
  };

  return {
    get size() {
      return filled + (hasZero ? 1 : 0);
    },
    has: (sha256) => read(sha256) ? !isFree(placeIn(table, slots)) : hasZero,
    add(sha256) {
      if (!read(sha256)) {
        hasZero = true;
        return;
      }
      const at = placeIn(table, slots);
      if (!isFree(at)) return;
      table.set(wanted, at);
      if (++filled * 2 > slots) grow();
    },
    *values() {
      if (hasZero) yield "0".repeat(8 * width);
      for (let at = 0; at < table.length; at += width) {
        if (isFree(at)) continue;
        yield [...table.subarray(at, at + width)]
          .map((word) => word.toString(16).padStart(8, "0")).join("");
      }
    },
  };
}
