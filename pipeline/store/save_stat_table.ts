/** Writes the stat table: apart from reading it, because few modules that look files up write it. */
import { writeCache } from "./cache_file.ts";
import { firstLine, type StatTable } from "./stat_cache.ts";

/** Writes the table if it changed. A crash leaves the old one. */
export function saveStatTable(table: StatTable): void {
  if (!table.changed) return;
  const lines = [...table.rows]
    .filter(([path]) => !/[\n\t]/.test(path))
    .map(([path, row]) => `${row.join("\t")}\t${path}\n`);
  const body = lines.join("");
  writeCache(table.file, `${firstLine(body)}${body}`);
  table.changed = false;
}
