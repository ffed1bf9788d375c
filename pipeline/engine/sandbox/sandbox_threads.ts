/**
 * Starts the workers of sandboxes in the process's main thread, for the executor's workers, which request them
 * and talk to each through a port. A worker that a worker starts would wait for a debugger first, for a
 * second (Deno 2.9.6).
 */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { StageCode } from "./stage_code.ts";

interface Places {
  /** The project's directory. */
  readonly root: string;
  /** A directory for temporary files that nobody else uses. */
  readonly scratch: string;
}

/** The error of a sandbox that nothing caught, and its place as a line of a stack. */
interface Broke {
  readonly message: string;
  readonly place: string;
}

/** A sandbox's worker, as who requested it has it. */
export interface SandboxThread {
  readonly port: MessagePort;
  /** Called when it breaks. */
  onbreak?: (broke: Broke) => void;
  end(): void;
}

export type ToThreads =
  | {
    type: "start-sandbox";
    id: number;
    places: Places;
    bundle: string;
    code: Pick<StageCode, "name" | "installed" | "access">;
    port: MessagePort;
  }
  | { type: "end-sandbox"; id: number };

export type FromThreads = { type: "sandbox-broke"; id: number } & Broke;

/** The only message to a sandbox's worker itself; all others pass through the port. */
export interface Load {
  /** URL of the stage's bundle. */
  bundle: string;
  /** The stage's name. */
  stage: string;
  port: MessagePort;
}

/** Requests sandboxes by messages, which reach `sandboxThreads`. */
export function requestThreads(
  send: (message: ToThreads, transfer: Transferable[]) => void,
): {
  /** Starts a sandbox that loads a stage's bundle, given by its path. */
  start(bundle: string, code: StageCode, places: Places): SandboxThread;
  hear(message: FromThreads): void;
} {
  const threads = new Map<number, SandboxThread>();
  let started = 0;
  return {
    start(bundle, { name, installed, access }, places) {
      const id = started++;
      const { port1, port2 } = new MessageChannel();
      const code = { name, installed, access };
      send({ type: "start-sandbox", id, places, bundle, code, port: port2 }, [port2]);
      const thread: SandboxThread = {
        port: port1,
        end() {
          if (!threads.delete(id)) return;
          port1.close();
          send({ type: "end-sandbox", id }, []);
        },
      };
      threads.set(id, thread);
      return thread;
    },
    hear: ({ id, message, place }) => threads.get(id)?.onbreak?.({ message, place }),
  };
}

/** Starts and ends the sandboxes that one worker of the executor requests. */
export function sandboxThreads(
  send: (message: FromThreads) => void,
): { hear(message: ToThreads): void; endAll(): void } {
  const threads = new Map<number, Worker>();
  const end = (id: number) => {
    threads.get(id)?.terminate();
    threads.delete(id);
  };
  return {
    hear(message) {
      const { id } = message;
      if (message.type === "end-sandbox") return end(id);
      const { bundle, code, places, port } = message;
      const worker = startWorker(bundle, code, places);
      worker.onerror = (event) => {
        event.preventDefault();
        const { filename, lineno, colno } = event;
        const place = filename ? `    at ${filename}:${lineno}:${colno}` : "";
        send({ type: "sandbox-broke", id, message: event.message, place });
      };
      threads.set(id, worker);
      const load: Load = {
        bundle: pathToFileURL(bundle).href,
        stage: code.name,
        port,
      };
      worker.postMessage(load, [port]);
    },
    endAll: () => [...threads.keys()].forEach(end),
  };
}

/** Starts a worker with the permissions of a stage. */
function startWorker(
  bundle: string,
  { name, installed, access }: Pick<StageCode, "name" | "installed" | "access">,
  { root, scratch }: Places,
): Worker {
  const read = [join(bundle, ".."), scratch, ...installed.map((path) => join(root, path))];
  return new Worker(new URL("./sandbox_worker.ts", import.meta.url), {
    type: "module",
    name: `stage ${name}`,
    deno: {
      permissions: {
        read: granted(read.map((path) => ({ name: "read", path })), "path"),
        write: granted([{ name: "write", path: scratch }], "path"),
        net: granted((access.net ?? []).map((host) => ({ name: "net", host })), "host"),
        env: false,
        run: false,
        sys: false,
        ffi: false,
        import: false,
      },
    },
    // Its type is in no library of a project that does not ask for it.
  } as WorkerOptions);
}

/** The values that this process may pass: a worker with more than its parent cannot be started. */
function granted<D extends Deno.PermissionDescriptor, Key extends keyof D>(
  descriptors: readonly D[],
  key: Key,
): string[] {
  return descriptors
    .filter((descriptor) => Deno.permissions.querySync(descriptor).state === "granted")
    .map((descriptor) => String(descriptor[key]));
}
