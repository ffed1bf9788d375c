/** The command line of this repository: its own DAG and experiments, handed to the engine. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { main } from "./commands/main.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const artifacts = join(root, "artifacts");

Deno.exitCode = await main(Deno.args, {
  root,
  artifacts,
  dagModule: import.meta.resolve("../stages/mod.ts"),
  panelsModule: import.meta.resolve("../stages/visualize/panels/mod.ts"),
  setUp: async () => {
    const { ofExperiments, setUp } = await import("../stages/download/setup.ts");
    const { storePath } = await import("./store/store_place.ts");
    await setUp(ofExperiments(storePath(artifacts)));
  },
  experiments: {
    assignment: async () => (await import("../stages/experiments/assignment.ts")).default,
    fifty: async () => (await import("../stages/experiments/fifty.ts")).default,
    parity: async () => (await import("../stages/experiments/parity.ts")).default,
    quick: async () => (await import("../stages/experiments/quick.ts")).default,
  },
});
