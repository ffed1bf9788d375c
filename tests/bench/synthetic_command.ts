/** The command line of the synthetic pipeline: a binary tree of small jobs. */
import { join } from "node:path";
import { root } from "../support/checkout.ts";
import { fromRoot } from "../support/deno_command.ts";

/** `programs` are those that the command may start. */
export const syntheticCommand = (
  artifacts: string,
  size: number,
  programs: string,
): string[] => [
  "deno",
  "run",
  "--quiet",
  "--frozen",
  // As the tasks of a project may: Deno then compares no path with those allowed.
  "--allow-read",
  `--allow-write=${fromRoot(artifacts)}`,
  "--allow-env",
  "--allow-sys",
  `--allow-run=${programs}`,
  join(root, "tests", "bench", "synthetic", "synthetic_cli.ts"),
  artifacts,
  String(size),
];
