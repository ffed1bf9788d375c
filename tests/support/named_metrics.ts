/** Metrics in the text of another program's file, as a submission has them. */
import {
  csvRows,
  fromRows,
  namedIn,
  type NamedMetrics,
  parsePythonJson,
} from "../../pipeline/grade/metrics_file.ts";

export const fromJson = (text: string): NamedMetrics =>
  namedIn(parsePythonJson(text) as Record<string, unknown>);

export const fromCsv = (text: string): NamedMetrics => fromRows(csvRows(text));
