/**
 * Enumerates the contents that a disk may have after a power failure, from a log of operations; in the
 * spirit of ALICE (Pillai et al., OSDI 2014) and CrashMonkey (Mohan et al., OSDI 2018). The model is
 * POSIX's, weaker than any journalling file system's:
 *
 * - The bytes of a file are on the disk once the file was synced after they were written. Before, there
 *   may be none of them, a part, zeros in their place, or all.
 * - A name is on the disk once its directory was synced after it was made or removed. Before, each change
 *   may be there or not, whatever the others. A rename is one change, as in all file systems in use.
 */
import type { Random } from "../tally.ts";
import type { Operation } from "./recorder.ts";

type Node = Directory | File;

interface File {
  kind: "file";
  /** Bytes as last synced. */
  safe: Uint8Array;
  /** Bytes as the program sees them. */
  seen: Uint8Array;
}

/** A change of names that may not be on the disk yet. */
interface Change {
  /** Shared by the changes that one operation makes. */
  operation: number;
  name: string;
  node: Node | undefined;
}

interface Directory {
  kind: "directory";
  safe: Map<string, Node>;
  pending: Change[];
}

const emptyFile: Uint8Array = new Uint8Array();
const newDirectory = (): Directory => ({ kind: "directory", safe: new Map(), pending: [] });

/** A tree: path → bytes. Directories without files are left out. */
export type Tree = Map<string, Uint8Array>;

/** Decides which unsynced changes have reached the disk. */
interface Luck {
  change(operation: number): boolean;
  content(file: { safe: Uint8Array; seen: Uint8Array }): Uint8Array;
}

/** A disk that operations are done to. */
export class Disk {
  readonly #root = newDirectory();
  #operations = 0;

  #find(path: string): Node | undefined {
    let node: Node | undefined = this.#root;
    for (const name of path === "" ? [] : path.split("/")) {
      if (node?.kind !== "directory") return undefined;
      node = seenEntry(node, name);
    }
    return node;
  }

  #file(path: string): File {
    const node = this.#find(path);
    if (node?.kind !== "file") throw new Error(`the log has no file ${path}`);
    return node;
  }

  #change(path: string, node: Node | undefined): void {
    const slash = path.lastIndexOf("/");
    const directory = this.#find(path.slice(0, Math.max(0, slash)));
    if (directory?.kind !== "directory") throw new Error(`the log has no directory for ${path}`);
    directory.pending.push({ operation: this.#operations, name: path.slice(slash + 1), node });
  }

  apply(operation: Operation): void {
    this.#operations++;
    switch (operation.kind) {
      case "directory":
        return this.#change(operation.path, newDirectory());
      case "create":
        return this.#change(operation.path, { kind: "file", safe: emptyFile, seen: emptyFile });
      case "write": {
        const file = this.#file(operation.path);
        const { at, bytes } = operation;
        const seen = new Uint8Array(Math.max(file.seen.length, at + bytes.length));
        seen.set(file.seen);
        seen.set(bytes, at);
        file.seen = seen;
        return;
      }
      case "truncate": {
        const file = this.#file(operation.path);
        file.seen = file.seen.slice(0, operation.size);
        return;
      }
      case "link":
        return this.#change(operation.path, this.#file(operation.from));
      case "rename": {
        const node = this.#find(operation.from);
        this.#change(operation.path, node);
        return this.#change(operation.from, undefined);
      }
      case "remove":
        return this.#change(operation.path, undefined);
      case "sync-file": {
        const file = this.#file(operation.path);
        file.safe = file.seen;
        return;
      }
      case "sync-directory": {
        const directory = this.#find(operation.path);
        if (directory?.kind !== "directory") throw new Error(`no directory ${operation.path}`);
        return this.#makeSafe(new Set(directory.pending.map(({ operation }) => operation)));
      }
      case "finished":
        return;
    }
  }

  /** A rename is safe in both directories as soon as it is in one. */
  #makeSafe(operations: Set<number>, directory = this.#root): void {
    const rest: Change[] = [];
    for (const change of directory.pending) {
      if (!operations.has(change.operation)) rest.push(change);
      else if (change.node === undefined) directory.safe.delete(change.name);
      else directory.safe.set(change.name, change.node);
    }
    // Changes before a safe one of the same name are past.
    directory.pending = rest.filter(({ operation, name }) =>
      !directory.pending.some((later) =>
        later.name === name && later.operation > operation && operations.has(later.operation)
      )
    );
    for (const node of new Set(directory.safe.values())) {
      if (node.kind === "directory") this.#makeSafe(operations, node);
    }
    for (const { node } of rest) {
      if (node?.kind === "directory") this.#makeSafe(operations, node);
    }
  }

  /** Returns the disk's contents when the power comes back. */
  after(luck: Luck): Tree {
    const tree: Tree = new Map();
    const contents = new Map<File, Uint8Array>();
    const walk = (directory: Directory, path: string) => {
      const entries = new Map(directory.safe);
      for (const { operation, name, node } of directory.pending) {
        if (!luck.change(operation)) continue;
        if (node === undefined) entries.delete(name);
        else entries.set(name, node);
      }
      for (const [name, node] of entries) {
        const at = path === "" ? name : `${path}/${name}`;
        if (node.kind === "directory") {
          walk(node, at);
          continue;
        }
        if (!contents.has(node)) {
          contents.set(node, node.safe === node.seen ? node.safe : luck.content(node));
        }
        tree.set(at, contents.get(node)!);
      }
    };
    walk(this.#root, "");
    return tree;
  }
}

function seenEntry(directory: Directory, name: string): Node | undefined {
  const last = directory.pending.findLast((change) => change.name === name);
  return last === undefined ? directory.safe.get(name) : last.node;
}

const zeros = ({ seen }: { seen: Uint8Array }) => new Uint8Array(seen.length);
const half = ({ seen }: { seen: Uint8Array }) => seen.slice(0, seen.length >> 1);

/** Nothing that was not synced; everything; every name but no byte; every name and zeros. */
export const extremes: readonly Luck[] = [
  { change: () => false, content: ({ safe }) => safe },
  { change: () => true, content: ({ seen }) => seen },
  { change: () => true, content: ({ safe }) => safe },
  { change: () => true, content: zeros },
];

/** Each change and each file by itself. */
export function randomLuck(random: Random): Luck {
  const chosen = new Map<number, boolean>();
  return {
    change(operation) {
      if (!chosen.has(operation)) chosen.set(operation, random.below(2) === 0);
      return chosen.get(operation)!;
    },
    content: (file) => random.one([file.safe, half(file), zeros(file), file.seen]),
  };
}
