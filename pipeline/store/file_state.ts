/**
 * Tells by a file's state (size, mtime, ctime, inode) whether its content is certainly as it was. Imports nothing
 * that takes time to load.
 *
 * A state counts only if the file's ctime lies in an earlier second than that in which the state was seen, because
 * ctime ticks in whole seconds here: a change within the tick of the hashing is never overlooked. Nor does a state
 * from the future count: the clock was set back, and its times may repeat. Permission bits are ignored.
 */
import { statOf } from "./existence.ts";

/** [size in bytes, mtime in ms, ctime in ms, inode] */
export type FileState = readonly [size: number, mtime: number, ctime: number, inode: number];

const tick = 1000;

/** The state of a file now, a link followed; undefined where there is none. */
export function fileState(path: string): FileState | undefined {
  const info = statOf(path);
  if (!info?.isFile) return undefined;
  const mtime = info.mtime?.getTime() ?? 0;
  return [info.size, mtime, info.ctime?.getTime() ?? mtime, info.ino ?? 0];
}

export const isSameState = (one: FileState, other: FileState): boolean =>
  one[0] === other[0] && one[1] === other[1] && one[2] === other[2] && one[3] === other[3];

/** Tells whether a state that was seen at `seen`, in ms, says all about a file that still has it. */
export const isSettled = ([, , ctime]: FileState, seen: number): boolean =>
  Math.floor(ctime / tick) < Math.floor(seen / tick);
