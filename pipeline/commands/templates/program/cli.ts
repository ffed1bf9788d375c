/** The command line: this repository's DAG and experiments, handed to the engine. */
import { main } from "fanin/main";

Deno.exitCode = await main(Deno.args, {
  root: import.meta.dirname!,
  artifacts: `${import.meta.dirname}/artifacts`,
  dagModule: import.meta.resolve("./stages/mod.ts"),
  experiments: {
    line: async () => (await import("./stages/experiments/line_fit.ts")).default,
  },
});
