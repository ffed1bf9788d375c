/** The process that bundles stages for another one. */
import { answer } from "./apart.ts";
import { bundleAll } from "./bundle.ts";

await answer(bundleAll);
