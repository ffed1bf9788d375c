/** Holds why a request to a remote store failed, as data. */

import { Failed } from "../engine/failed.ts";

export type Trouble =
  /** No connection, a stall, a broken answer or a server's error, in every try. */
  | "unreachable"
  /** It answers, but not within the time that it is given. */
  | "slow"
  /** 401, 403: it wants other credentials. */
  | "refused"
  /** 404, 405, 409, 501 for a PUT: it has no place for files, or takes none. */
  | "read-only"
  /** 413, 507: it does not take so many bytes, or no more at all. */
  | "too-large"
  | "full"
  /** Bytes, a key or a form other than the expected one. */
  | "lying"
  /** An entry that names a blob which is not there. */
  | "incomplete";

export class RemoteFailure extends Error {
  override name = "RemoteFailure";
  /** Time of the request, as of `performance.now()`; set by the client. */
  since = 0;
  /** True if another try may find it otherwise. */
  readonly isTransient: boolean;
  constructor(
    readonly trouble: Trouble,
    message: string,
    { isTransient = trouble === "unreachable", ...options }: ErrorOptions & {
      isTransient?: boolean;
    } = {},
  ) {
    super(message, options);
    this.isTransient = isTransient;
  }
}

/** Turns a failure of the remote into one that ends a command. */
export async function explaining<T>(url: string, task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    if (!(error instanceof RemoteFailure)) throw error;
    throw new Failed({ reason: "remote-failed", url, problem: error.message }, { cause: error });
  }
}
