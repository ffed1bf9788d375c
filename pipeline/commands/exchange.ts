/** Opens a remote store for `push` and `pull`, and shows how far the exchange is. */
import { openConsole } from "../terminal/progress.ts";
import type { RemoteOptions } from "../remote/address.ts";
import { type Client, connect } from "../remote/client.ts";
import { explaining } from "../remote/remote_failure.ts";
import type { ExchangeListener } from "../archive/receive_run.ts";
import { value } from "./flags/flags.ts";
import { json } from "./flags/shared_flags.ts";
import { redirecting } from "./flags/remote_flags.ts";

export const exchangeFlags = {
  remote: value("URL", "the remote store"),
  ...redirecting,
  json,
};

/** Brings a run from a remote store or to it; gives what was brought. */
export async function exchange<Result>(
  { task, about, remote }: {
    task: string;
    /** The exchange in words, such as "bringing quick to", before the store's URL. */
    about: string;
    remote: RemoteOptions;
  },
  bring: (client: Client, listener: ExchangeListener) => Promise<Result>,
): Promise<Result> {
  using client = connect(remote.address);
  using view = openConsole();
  const onProgress = view.task(task, `${about} ${client.url}`, "bytes");
  return await explaining(
    client.url,
    () => bring(client, { onProgress, onNotice: view.notice }),
  );
}
