/** The inside of a worker thread: reruns the seeds that it is sent, one at a time. */
import { cheap, rerun } from "./rerun.ts";

const scope = self as unknown as {
  onmessage: (event: MessageEvent<number>) => void;
  postMessage(message: unknown): void;
};

scope.onmessage = async ({ data }) => scope.postMessage(await rerun(data, cheap));
