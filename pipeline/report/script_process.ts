/** The process that bundles a script of a page for another one. */
import { answer } from "../engine/code/apart.ts";
import { bundleScript } from "./script_bundle.ts";

await answer(bundleScript);
