/** A stand-in for standard error: keeps what is written to it. */

interface Recorder {
  stream: Pick<typeof Deno.stderr, "isTerminal" | "writeSync">;
  text(): string;
}

export function recorder(isTerminal: boolean): Recorder {
  const written: number[] = [];
  return {
    stream: {
      isTerminal: () => isTerminal,
      writeSync(bytes) {
        // A stream may take less than it is given.
        const part = bytes.subarray(0, 7);
        written.push(...part);
        return part.length;
      },
    },
    text: () => new TextDecoder().decode(Uint8Array.from(written)),
  };
}
