/**
 * The terms that all sources of data set files share: the file that is wanted, the kinds of source
 * as plain data, and the one error by which a source says why it did not give a file. Which sources
 * exist is in catalogue.ts; their order, in fetch.ts.
 */

export type DataSetName = "mnist" | "fashion-mnist";

export type FileName =
  | "train-images-idx3-ubyte"
  | "train-labels-idx1-ubyte"
  | "t10k-images-idx3-ubyte"
  | "t10k-labels-idx1-ubyte";

/** A file identified by its uncompressed bytes, since mirrors compress the same one differently. */
export interface DataFile {
  readonly dataSet: DataSetName;
  readonly name: FileName;
  readonly content: "images" | "labels";
  /** Number of images, or of labels, in the file. */
  readonly count: number;
  /** Length of the uncompressed file in bytes. */
  readonly byteLength: number;
  /** SHA-256 of the uncompressed file, in lower-case hexadecimal. */
  readonly sha256: string;
}

/** A place that may have the files. In it a file lies under its name, plain or with `.gz`. */
export type Source =
  /** The folder that the user may have given. */
  | { readonly kind: "user-directory" }
  /** A folder of an installed Debian package. */
  | { readonly kind: "debian-installed"; readonly package: string; readonly directory: string }
  /** A folder inside an npm package that deno.lock pins. */
  | { readonly kind: "npm-package"; readonly package: string; readonly directory: string }
  /** A public mirror; the file's URL is `base` + name + `.gz`. */
  | { readonly kind: "mirror"; readonly base: string }
  /** A Debian package fetched through apt-get; `directory` is relative to the package's root. */
  | { readonly kind: "debian-download"; readonly package: string; readonly directory: string };

/**
 * Reason why a source did not provide a file.
 *
 * - `absent`: it does not have the file, or may not be used here. Expected, so it is silent.
 * - `lacking`: it was said to have the file, and does not. Causes a notice.
 * - `unusable`: it has other bytes under that name. Causes a notice.
 * - `unreachable`: it did not answer properly. It is not asked for more files, to avoid waiting.
 */
export class SourceError extends Error {
  override name = "SourceError";

  constructor(
    readonly kind: "absent" | "lacking" | "unusable" | "unreachable",
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Words a source for notices and errors. */
export function describeSource(source: Source): string {
  switch (source.kind) {
    case "user-directory":
      return "the data folder given by the user";
    case "debian-installed":
      return `Debian's package ${source.package}, installed`;
    case "npm-package":
      return `the npm package ${source.package}`;
    case "mirror":
      return `the mirror ${new URL(source.base).host}`;
    case "debian-download":
      return `Debian's package ${source.package}, downloaded through apt-get`;
  }
}

/** An error's message with those of its causes, which is where fetch puts what went wrong. */
export function causes(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${causes(error.cause)}`;
}
