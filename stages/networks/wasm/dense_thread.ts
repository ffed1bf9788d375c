/** A thread of `dense_network.ts`: takes part in its work until that ends it. */
import { createDenseThread, type ThreadOptions } from "./dense_steps.ts";

const scope = self as unknown as {
  onmessage: (event: MessageEvent<ThreadOptions>) => void;
  postMessage(message: string): void;
};

scope.onmessage = async ({ data }) => {
  const thread = await createDenseThread(data);
  scope.postMessage("ready");
  while (thread.serve());
};
