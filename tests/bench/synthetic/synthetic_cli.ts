/** The engine's command line on a synthetic DAG: `cli.ts ARTIFACTS SIZE COMMAND …`. */
import { main } from "../../../pipeline/commands/main.ts";

const [artifacts, size, ...args] = Deno.args;
const assignment = { name: "assignment", about: `a tree of ${size} jobs` };

const code = await main(args, {
  // As the repository's own command line has it.
  root: import.meta.dirname!.slice(0, -"/tests/bench/synthetic".length),
  artifacts,
  dag: async () => (await import("./mod.ts")).synthetic(Number(size)),
  dagModule: import.meta.resolve("./mod.ts"),
  experiments: { assignment: () => Promise.resolve(assignment) },
});
Deno.exit(code);
