/** The command line: this repository's DAG and experiments, handed to the engine. */
import { main } from "fanin/main";

Deno.exitCode = await main(Deno.args, {
  root: import.meta.dirname!,
  artifacts: `${import.meta.dirname}/artifacts`,
  dagModule: import.meta.resolve("./stages/mod.ts"),
  experiments: {
    needle: async () => (await import("./stages/experiments/needle.ts")).default,
  },
});
