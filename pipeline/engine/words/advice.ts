/** Says what to do about a disk, and about a missing graphics adapter. */

/** Messages of the system about a disk, each with what to do about it. */
const systemAdvice: [says: RegExp, advice: string][] = [
  [/No space left|not enough space|quota exceeded/i, "Free some space (deno task gc may help)"],
  [/Read-only file system/i, "Make the file system of artifacts/, or of FANIN_STORE, writable"],
  [
    /Permission denied|Access is denied/i,
    "Make yourself the owner of artifacts/ or allow writing; a shared store needs you in its group",
  ],
  [
    /Operation not permitted.*: chown /i,
    "Join the group of the store's directory, or give the directory another by chgrp",
  ],
  [/File too large/i, "Lift the limit on the size of files (ulimit -f)"],
  [/Too many open files/i, "Lift the limit on open files (ulimit -n)"],
  [/File name too long/i, "Move the project to a shorter path"],
  [/Input\/output error/i, "Look at the disk: it fails to read or write"],
];

/** A message that may come from the system, with what to do where that is known. */
export function wordSystemError(message: string): string {
  const advice = /\(os error \d+\)/.test(message) &&
    systemAdvice.find(([says]) => says.test(message))?.[1];
  return advice ? `${message}.\n${advice}, and run again; what was finished is kept.` : message;
}

/** The way to get an adapter. */
export const adapterAdvice =
  "Install a graphics driver; Debian's package mesa-vulkan-drivers has one in software";
