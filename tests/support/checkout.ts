/** Paths of this checkout that tests need. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));

/** Directory that tests may write to. */
export const places = join(root, "tests", "tmp");

/** The test pipelines, one in a folder. */
export const fixtures = join(root, "tests", "fixtures");

/** The command line of a test pipeline. */
export const cliOf = (pipeline: string): string => join(fixtures, pipeline, "cli.ts");

/** A file of expected content under `tests/golden`. */
export const goldenFile = (name: string): string => join(root, "tests", "golden", name);
