/** Fuzzes the formats of arrays and data files. */
import { encode } from "fast-png";
import { decodePng, pngForm } from "../../../pipeline/diff/png.ts";
import { decodeIdx, encodeIdx } from "../../../pipeline/formats/idx.ts";
import { decodeNpy, encodeNpy } from "../../../pipeline/formats/npy.ts";
import { decodeSafetensors, encodeSafetensors } from "../../../pipeline/formats/safetensors.ts";
import { elements, type Tensor } from "../../../pipeline/formats/tensor.ts";
import { FormatError } from "../../../pipeline/formats/artifact_type.ts";
import { gunzip } from "../../../stages/download/gunzip.ts";
import { SourceError } from "../../../stages/download/source.ts";
import { fuzz } from "../../support/fuzz.ts";

const isWhole = ({ shape, data }: Tensor): boolean => elements(shape) === data.length;

/** Largest size of a small message or header, in bytes, whatever the file is. */
const small = 1 << 18;

const npy = [
  encodeNpy({ dtype: "float32", shape: [2, 3], data: new Float32Array(6).fill(0.5) }),
  encodeNpy({ dtype: "float32", shape: [], data: Float32Array.of(1) }),
  encodeNpy({ dtype: "float32", shape: [0, 4], data: new Float32Array() }),
];

fuzz({
  name: "npy",
  samples: npy,
  read: (bytes) => decodeNpy(bytes, "float32"),
  holds: isWhole,
  write: encodeNpy,
  errors: [FormatError],
  bound: (length) => length + small,
  runs: 3000,
});

fuzz({
  name: "safetensors",
  samples: [
    encodeSafetensors({
      a: { dtype: "float64", shape: [2], data: Float64Array.of(1, 2) },
      b: { dtype: "uint8", shape: [3], data: Uint8Array.of(1, 2, 3) },
      none: { dtype: "int32", shape: [0, 5], data: new Int32Array() },
    }),
    encodeSafetensors({}),
  ],
  read: decodeSafetensors,
  holds: (tensors) => Object.values(tensors).every(isWhole),
  write: encodeSafetensors,
  errors: [FormatError],
  bound: (length) => 2 * length + small,
  runs: 3000,
});

const images = [
  encode({ width: 3, height: 2, data: new Uint8Array(24).fill(7), channels: 4, depth: 8 }),
  encode({ width: 2, height: 2, data: new Uint16Array(4).fill(300), channels: 1, depth: 16 }),
];

fuzz({
  name: "PNG",
  samples: images,
  read(bytes) {
    // As `compareImages` does: what the pixels take at all is known first.
    const { width, height } = pngForm(bytes);
    if (width * height > 10_000) throw new FormatError("png: expected fewer pixels");
    return decodePng(bytes);
  },
  holds: ({ width, height, channels, data }) => data.length === width * height * channels,
  errors: [FormatError],
  bound: (length) => 2 * length + 40 * 10_000 * 8,
  runs: 1500,
});

fuzz({
  name: "IDX",
  samples: [
    encodeIdx({ dtype: "uint8", shape: [2, 3, 4], data: new Uint8Array(24).fill(7) }),
    encodeIdx({ dtype: "uint8", shape: [5], data: Uint8Array.of(0, 1, 2, 9, 5) }),
  ],
  read: decodeIdx,
  holds: isWhole,
  write: encodeIdx,
  errors: [FormatError],
  bound: () => small,
  runs: 3000,
});

const text = new TextEncoder().encode("a line of text that is said twice, said twice\n".repeat(20));
const gzipped = new Uint8Array(
  await new Response(new Blob([text]).stream().pipeThrough(new CompressionStream("gzip")))
    .arrayBuffer(),
);

fuzz({
  name: "gzip",
  samples: [gzipped],
  read: (bytes) => gunzip(bytes, text.length),
  errors: [SourceError],
  bound: (length) => length + text.length + (16 << 20),
  runs: 300,
});
