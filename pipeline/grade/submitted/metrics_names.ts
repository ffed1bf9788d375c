/** Tells by its name how a file that may hold metrics is read. */
import { extname } from "node:path";

const formOf: Record<string, "named" | "notebook" | "log"> = {
  ".json": "named",
  ".csv": "named",
  ".ipynb": "notebook",
  ".log": "log",
  ".out": "log",
  ".txt": "log",
};

/** The form of a file by its name; undefined for one that holds no metrics. */
export const metricsForm = (path: string): "named" | "notebook" | "log" | undefined =>
  formOf[extname(path).toLowerCase()];

/** True for a text of any kind: a log, or a note that lies beside one. */
export const isPlainText = (path: string): boolean => extname(path).toLowerCase() === ".txt";
