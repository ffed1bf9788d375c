/** Forms the names under which a run has the metrics of its jobs. */
import { nearestName } from "../../schemas/run/metric_name.ts";

/**
 * A job's name without the part before the first "/", as the names of metrics are formed: "train/my mlp"
 * gives "my-mlp".
 */
export const subjectOf = (job: string): string => nearestName(job.slice(job.indexOf("/") + 1));

/** The name under which a run has a metric of a job. */
export const metricName = (job: string, metric: string): string => `${subjectOf(job)}.${metric}`;
