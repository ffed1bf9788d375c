/** Tells the jobs of a run that gave a result from those that did not. */
import type { ManifestJob } from "../../schemas/run/manifest.ts";

export const hasResult = ({ status }: Pick<ManifestJob, "status">): boolean =>
  status === "ran" || status === "cached";
