import { join } from "node:path";

/** The words that start a module as a Deno process with the packages of a project, which never asks. */
export const denoWords = (
  { root, module, flags }: {
    /** The directory of the project's `deno.json`. */
    root: string;
    /** Path or URL. */
    module: string;
    /** Permissions, and flags of V8. */
    flags: readonly string[];
  },
): string[] => [
  Deno.execPath(),
  "run",
  "-q",
  "--no-prompt",
  "--frozen",
  `--config=${join(root, "deno.json")}`,
  ...flags,
  module,
];
