/** The engine's command line on the torture's DAG: `cli.ts ARTIFACTS COMMAND …`. */
import { runPipeline } from "../../fixtures/run_pipeline.ts";

await runPipeline(import.meta.resolve("./mod.ts"), {
  assignment: { name: "assignment", about: "all jobs of the torture" },
});
