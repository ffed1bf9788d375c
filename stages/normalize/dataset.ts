/** Declares the artifacts of data: the files as published, and the arrays that `normalize` makes. */
import { z } from "zod";
import type { Handles } from "../../pipeline/engine/dag.ts";
import { bytes } from "../../pipeline/formats/bytes.ts";
import { idx } from "../../pipeline/formats/idx.ts";
import { json } from "../../pipeline/formats/json.ts";
import { elements, type Tensor } from "../../pipeline/formats/tensor.ts";

/** Files under their own names. Their SHA-256 is checked; `normalize` parses them. */
const file = { mediaType: "application/x-idx", extension: "" };

export const idxFiles = {
  "train-images-idx3-ubyte": bytes("idx-train-images", file),
  "train-labels-idx1-ubyte": bytes("idx-train-labels", file),
  "t10k-images-idx3-ubyte": bytes("idx-test-images", file),
  "t10k-labels-idx1-ubyte": bytes("idx-test-labels", file),
};

/** Classes of images. */
export const classes = 10;

/** A pixel's value for a network is its byte divided by this, in float32. */
const PixelScale = z.strictObject({ divisor: z.number().positive() });

const imageShape = [null, 28, 28];
const labelShape = [null];
const labelRange = { below: classes };

/**
 * Images of shape (samples, rows, columns), as bytes; labels of shape (samples). Whole sets have the
 * bytes of the files as published, so that the store holds them once.
 */
export const samples = {
  "train-images": idx("train-images", imageShape),
  "train-labels": idx("train-labels", labelShape, labelRange),
  "test-images": idx("test-images", imageShape),
  "test-labels": idx("test-labels", labelShape, labelRange),
  "pixel-scale": json("pixel-scale", PixelScale),
};

/** Elements of one sample, whatever its axes: 784 pixels of an image, 1 of a label. */
export const sampleLength = ({ shape: [, ...axes] }: Pick<Tensor, "shape">): number =>
  elements(axes);

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
