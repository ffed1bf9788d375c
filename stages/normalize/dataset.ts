/** Declares the artifacts of data: the files as published, and the arrays that `normalize` makes. */
import { z } from "zod";
import type { Handles } from "../../pipeline/engine/dag.ts";
import { bytes } from "../../pipeline/formats/bytes.ts";
import { json } from "../../pipeline/formats/json.ts";
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

/** Classes of images. */
export const classes = 10;

/** A pixel's value for a network is its byte divided by this, in float32. */
const PixelScale = z.strictObject({ divisor: z.number().positive() });

/** Images of shape (samples, 784), row-major, as bytes; labels of shape (samples). */
export const samples = {
  "train-images": npy("train-images", "uint8", [null, pixels]),
  "train-labels": npy("train-labels", "uint8", [null]),
  "test-images": npy("test-images", "uint8", [null, pixels]),
  "test-labels": npy("test-labels", "uint8", [null]),
  "pixel-scale": json("pixel-scale", PixelScale),
};

/** Handles of a data set's arrays. */
export type DataSet = Handles<typeof samples>;

/** One of the two sets of samples, with the scale of its pixels. */
const partOf = <All extends typeof samples | DataSet, Part extends "train" | "test">(
  all: All,
  part: Part,
): { images: All[`${Part}-images`]; labels: All[`${Part}-labels`]; scale: All["pixel-scale"] } => ({
  images: all[`${part}-images`],
  labels: all[`${part}-labels`],
  scale: all["pixel-scale"],
});

/** Inputs of a stage that reads the training set alone. */
export const trainingSet = partOf(samples, "train");
export const trainingOf = (data: DataSet): Handles<typeof trainingSet> => partOf(data, "train");

/** Inputs of a stage that reads the test set alone. */
export const testSet = partOf(samples, "test");
export const testOf = (data: DataSet): Handles<typeof testSet> => partOf(data, "test");
