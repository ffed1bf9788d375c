/** Demands of requests to a remote store that they fail. */
import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { RemoteFailure, type Trouble } from "../../pipeline/remote/remote_failure.ts";

export async function fails(
  trouble: Trouble,
  message: RegExp,
  ask: () => Promise<unknown>,
): Promise<void> {
  const error = await assertRejects(ask, RemoteFailure);
  assertEquals(error.trouble, trouble, error.message);
  assertMatch(error.message, message);
}
