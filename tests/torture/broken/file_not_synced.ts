/** Broken on purpose: renamed before the bytes are on the disk. Only a power failure shows it. */
import { renamed } from "./renamed.ts";

export * from "../../../pipeline/store/atomic_write.ts";

export const writeWhole = renamed({ file: false, directory: true });
