/** Writes cached outputs. */
import { writeCache } from "../cache_file.ts";
import { digestOf, type StatTable } from "../stat_cache.ts";
import { canBeRemembered, circumstances, outputPath } from "./cached_output.ts";
import { hold, known } from "./current.ts";
import type { Dependency } from "./dependency.ts";
import { type CommandOutput, type Remembered, rememberedText } from "./remembered.ts";

/** Caches an output, unless something that it depends on has changed meanwhile. */
export function remember(
  { caches, table }: { caches: string; table: StatTable },
  args: readonly string[],
  answer: CommandOutput,
  dependencies: readonly Dependency[],
): void {
  const path = canBeRemembered(args) ? outputPath(caches, args) : undefined;
  if (path === undefined || !hold(dependencies, (path) => digestOf(table, path))) return;
  const remembered: Remembered = {
    arguments: [...args],
    circumstances: circumstances(),
    answer,
    ...known([], 0, dependencies, table),
  };
  writeCache(path, rememberedText(remembered));
}
