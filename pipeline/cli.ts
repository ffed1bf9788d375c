/** The command line of this repository: its own DAG and experiments, handed to the engine. */
import { main } from "./commands/main.ts";

// Not by Node's modules, which take longer to load than all else that a run does that has nothing to do.
const root = import.meta.dirname!.slice(0, -"/pipeline".length);
const artifacts = `${root}/artifacts`;

const code = await main(Deno.args, {
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
// At once: taking down all that was loaded takes longer than printing a cached output.
Deno.exit(code);
