/** Broken on purpose: the renaming is never brought to the disk. Only a power failure shows it. */
import { renamed } from "./renamed.ts";

export * from "../../../pipeline/store/atomic_write.ts";

export function syncDirectory(): void {}

export const writeWhole = renamed({ file: true, directory: false });
