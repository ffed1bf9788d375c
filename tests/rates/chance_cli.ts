/** The engine's command line on the assignment, with artifacts elsewhere: `chance_cli.ts ARTIFACTS COMMAND …`. */
import assignment from "../../stages/experiments/assignment.ts";
import quick from "../../stages/experiments/quick.ts";
import { runPipeline } from "../fixtures/run_pipeline.ts";

await runPipeline(import.meta.resolve("../../stages/mod.ts"), { assignment, quick });
