/** The engine's command line on the torture's DAG: `cli.ts ARTIFACTS COMMAND …`. */
import { fileURLToPath } from "node:url";
import { main } from "../../../pipeline/commands/main.ts";

const [artifacts, ...args] = Deno.args;

Deno.exitCode = await main(args, {
  root: fileURLToPath(new URL("../../..", import.meta.url)),
  artifacts,
  dagModule: import.meta.resolve("./mod.ts"),
  experiments: {
    assignment: () => Promise.resolve({ name: "assignment", about: "all jobs of the torture" }),
  },
});
