/**
 * The runs that a command reads, by what a user calls them: here, in an archive, or by its id in a remote
 * store, if one is given. What comes from there is said and shown.
 */
import { openConsole } from "../terminal/progress.ts";
import { openSource } from "../archive/archive_source.ts";
import type { RemoteOptions } from "../remote/address.ts";
import type { RunSource } from "../runs/run_source.ts";

export interface Sources extends Disposable {
  open(name: string): Promise<RunSource & Disposable>;
}

export async function openSources(
  artifacts: string,
  remote: RemoteOptions | undefined,
): Promise<Sources> {
  if (remote === undefined) {
    return { open: (name) => openSource(artifacts, name), [Symbol.dispose]() {} };
  }
  const [{ connect }, { openNearOrFar }, { explaining }] = await Promise.all([
    import("../remote/client.ts"),
    import("../remote/remote_source.ts"),
    import("../remote/remote_failure.ts"),
  ]);
  const client = connect(remote.address);
  return {
    async open(name) {
      const view = openConsole();
      const about = `not here, comes from ${client.url}`;
      try {
        return await explaining(client.url, () =>
          openNearOrFar(artifacts, name, client, {
            onRemote: (job) => view.show({ type: "started", job, about }),
            onProgress: (done, total) =>
              view.show({ type: "progress", job: name, done, total, unit: "bytes" }),
            onNotice: (notice) => view.show({ type: "notice", notice }),
          }));
      } finally {
        view.close();
      }
    },
    [Symbol.dispose]: () => client[Symbol.dispose](),
  };
}
