/** Flags that name a remote store, with the credentials from the environment. */
import { Failed } from "../../engine/failed.ts";
import { parseAddress, type RemoteOptions, takeCredentials } from "../../remote/address.ts";
import { toggle, value, values } from "./flags.ts";

/** Goes with every `--remote`. */
export const redirecting = {
  "remote-redirect": values(
    "HOST",
    "follows redirects of the remote store to this host, without credentials",
  ),
};

/** Flags that name a remote store to a command that runs jobs. */
export const remoting = {
  remote: value("URL", "reads missing results from this store and writes new ones to it"),
  "remote-read-only": toggle("reads from the remote store, and writes nothing to it"),
  ...redirecting,
};

export const farRuns = {
  remote: value("URL", "also looks for a run id in this remote store"),
  ...redirecting,
};

/**
 * The remote store that was named, with the credentials from the environment, which nothing that the
 * command starts finds there any more.
 */
export function remoteOf(
  given: { remote?: string; "remote-read-only"?: boolean; "remote-redirect": string[] },
): RemoteOptions | undefined {
  const credentials = takeCredentials();
  const { remote, "remote-read-only": readOnly = false, "remote-redirect": redirects } = given;
  if (remote !== undefined) {
    return { address: parseAddress(remote, credentials, redirects), readOnly };
  }
  const lone = readOnly ? "--remote-read-only" : redirects.length > 0 ? "--remote-redirect" : "";
  if (lone === "") return undefined;
  throw new Failed({ reason: "usage", message: `${lone} goes with --remote URL.` });
}

export function neededRemote(
  task: string,
  given: { remote?: string; "remote-redirect": string[] },
): RemoteOptions {
  const remote = remoteOf(given);
  if (remote !== undefined) return remote;
  throw new Failed({ reason: "usage", message: `${task} needs --remote URL, the store.` });
}
