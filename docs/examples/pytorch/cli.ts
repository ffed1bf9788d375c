/**
 * The command line of the example, on the artifacts of this repository. The permission set `fanin` has no
 * python3, because the assignment needs none:
 *
 *     deno run -P=fanin --allow-run=sh,git,python3 docs/examples/pytorch/cli.ts reproduce
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { main } from "../../../pipeline/commands/main.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const epochs = 3;

Deno.exitCode = await main(Deno.args, {
  root,
  artifacts: join(root, "artifacts"),
  dagModule: import.meta.resolve("./pytorch_dag.ts"),
  experiments: {
    pytorch: () =>
      Promise.resolve({
        name: "pytorch",
        backends: ["wasm"],
        about: `question 3 for ${epochs} epochs, trained in PyTorch`,
        parameters: { "train/fashion-mlp": { epochs } },
      }),
  },
});
