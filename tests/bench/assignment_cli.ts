/** The command line of the repository's experiments, with artifacts elsewhere: `assignment_cli.ts ARTIFACTS COMMAND …`. */
import assignment from "../../stages/experiments/assignment.ts";
import quick from "../../stages/experiments/quick.ts";
import { runPipeline } from "../fixtures/run_pipeline.ts";

await runPipeline(import.meta.resolve("../../stages/mod.ts"), { assignment, quick });
