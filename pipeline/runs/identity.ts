/** The identity of a run: what it computed, without when and where. */
import { sha256Of } from "../store/sha256.ts";

/** Hash over what was computed: the same for two runs with the same jobs under the same keys. */
export function identityOf(jobs: readonly { name: string; key: string | undefined }[]): string {
  return sha256Of(jobs.map(({ name, key }) => `${name} ${key ?? "none"}\n`).sort().join(""));
}
