/** Artifacts of data: the files as published, and what `normalize` makes of them. */
import { bytes } from "../../pipeline/formats/bytes.ts";
import { npy } from "../../pipeline/formats/npy.ts";

/** Media type of files that the formats' registry does not know. */
const file = { mediaType: "application/octet-stream", extension: "" };

export const idxFiles = {
  "train-images-idx3-ubyte": bytes("idx-train-images", file),
  "train-labels-idx1-ubyte": bytes("idx-train-labels", file),
  "t10k-images-idx3-ubyte": bytes("idx-test-images", file),
  "t10k-labels-idx1-ubyte": bytes("idx-test-labels", file),
};

/** Pixels of an image, 28 × 28 in rows. */
export const pixels = 784;

/** Shape (samples, 784), row-major; labels (samples). */
export const samples = {
  "train-images": npy("train-images", "float32", [null, pixels]),
  "train-labels": npy("train-labels", "uint8", [null]),
  "test-images": npy("test-images", "float32", [null, pixels]),
  "test-labels": npy("test-labels", "uint8", [null]),
};
