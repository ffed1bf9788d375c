/** Starts a worker thread. */
import { loadWorker } from "./load_worker.ts";

await loadWorker(() => import("./worker.ts"));
