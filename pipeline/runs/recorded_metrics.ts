/** Reads the metrics of a run that is recorded here, without opening the rest of it. */
import { Metrics } from "../../schemas/run/metric_values.ts";
import { Failed } from "../engine/failed.ts";
import { checkedJson } from "../formats/read_json.ts";
import { largest } from "./largest_files.ts";
import { recordedFilesIn } from "./run_source.ts";

/** Metrics of the run in a directory. Empty where they are missing or damaged, as lists leave those out. */
export function recordedMetrics(directory: string): Metrics {
  const name = "metrics.json";
  try {
    const bytes = recordedFilesIn(directory).read(name, largest.metrics);
    if (bytes === undefined) return {};
    const hint = "Expected the file as this version of fanin writes it.";
    return checkedJson(new TextDecoder().decode(bytes), Metrics, { name, hint });
  } catch (error) {
    if (error instanceof Failed) return {};
    throw error;
  }
}
