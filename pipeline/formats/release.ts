/**
 * Gives the memory of large arrays back at once; nobody may use them again. The collector would let them pile up:
 * it counts them little, and a thread that idles collects nothing.
 */
export function release(arrays: readonly ArrayBufferView[]): void {
  for (const buffer of new Set(arrays.map(({ buffer }) => buffer))) {
    // Node's pool of small buffers cannot be released, and one that was passed on is gone already.
    if (buffer instanceof ArrayBuffer && buffer.byteLength > 1 << 20) buffer.transfer(0);
  }
}
