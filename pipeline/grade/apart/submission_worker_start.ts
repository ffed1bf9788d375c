/** Starts the worker thread of a submission's process. */
import { loadWorker } from "../../engine/executor/load_worker.ts";

await loadWorker(() => import("./submission_worker.ts"));
