/** Opens the runs that a user names: here, in an archive, or by id in a remote store, with progress. */
import { openConsole } from "../terminal/progress.ts";
import { archivedFiles } from "../archive/archive_source.ts";
import type { RemoteOptions } from "../remote/address.ts";
import { openRun } from "../runs/open_run.ts";
import type { RunSource } from "../runs/run_source.ts";

/** Opens a run; one that is not here comes from `remote`. */
export async function openNamed(
  artifacts: string,
  name: string,
  remote?: RemoteOptions,
): Promise<RunSource> {
  if (remote === undefined) return await openRun(artifacts, name, { archive: archivedFiles });
  const [{ connect }, { remoteFiles }, { explaining }] = await Promise.all([
    import("../remote/client.ts"),
    import("../remote/remote_source.ts"),
    import("../remote/remote_failure.ts"),
  ]);
  using client = connect(remote.address);
  const { url } = client;
  using view = openConsole();
  const files = (id: string) => {
    const onProgress = view.task(id, `not here, comes from ${url}`, "bytes");
    return remoteFiles(artifacts, id, client, { onProgress, onNotice: view.notice });
  };
  return await explaining(
    url,
    () => openRun(artifacts, name, { archive: archivedFiles, remote: { url, files } }),
  );
}
