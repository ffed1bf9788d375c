/** The engine's command line on a synthetic DAG: `cli.ts ARTIFACTS SIZE COMMAND …`. */
import { fileURLToPath } from "node:url";
import { main } from "../../../pipeline/commands/main.ts";

const [artifacts, size, ...args] = Deno.args;
const assignment = { name: "assignment", about: `a tree of ${size} jobs` };

Deno.exitCode = await main(args, {
  root: fileURLToPath(new URL("../../..", import.meta.url)),
  artifacts,
  dag: async () => (await import("./mod.ts")).synthetic(Number(size)),
  dagModule: import.meta.resolve("./mod.ts"),
  experiments: { assignment: () => Promise.resolve(assignment) },
});
