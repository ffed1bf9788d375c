/**
 * Does for a stage what its own worker may not: reads files, starts programs, keeps its temporary
 * directories and checkpoints. Each request is held to what the stage declares, and what it reads is
 * recorded with its hash.
 */
import { isAbsolute, join, relative, resolve, sep } from "node:path";
import type { Read } from "../schemas/action.ts";
import type { Access, Services, Settings } from "./effects.ts";
import { wordFailure } from "./event.ts";
import { sha256Of } from "./sha256.ts";

/** For whom requests are served. */
export interface Client {
  stage: string;
  access: Access;
  /** Directories of the npm packages that it declares, by name, relative to the root. */
  data: Readonly<Record<string, string>>;
  /** The project's directory. */
  root: string;
  settings: Settings;
  /** The directory for temporary ones; made when it is needed. */
  scratch: string;
  signal: AbortSignal;
}

export interface Served extends Services {
  /** The files that were read so far, or looked for in vain, in the order of the first request. */
  readonly reads: Read[];
}

type Checkpoints = Pick<Services, "readCheckpoint" | "saveCheckpoint">;

/** The services of one job. */
export function servicesFor(client: Client, checkpoints: Checkpoints): Served {
  const { stage, access, data, root, settings, scratch, signal } = client;
  const reads = new Map<string, Read>();
  const refused = (what: "read" | "run" | "package", target: string) =>
    new Deno.errors.NotCapable(wordFailure({ reason: "not-declared", stage, what, target }));
  const places = [scratch, settings.dataDirectory, ...access.read ?? []];
  return {
    ...checkpoints,
    get reads() {
      return [...reads.values()];
    },
    async readFile(path, verified) {
      const full = resolve(root, path);
      const inProject = isWithin(root, full);
      if (!inProject && !places.some((place) => place !== undefined && isWithin(place, full))) {
        throw refused("read", path);
      }
      const name = inProject ? relative(root, full).replaceAll(sep, "/") : full;
      const isRecorded = !verified && !isWithin(scratch, full);
      try {
        const bytes = await Deno.readFile(full, { signal });
        if (isRecorded) reads.set(name, { path: name, sha256: sha256Of(bytes) });
        return bytes;
      } catch (error) {
        const isAbsent = error instanceof Deno.errors.NotFound;
        if (isAbsent && isRecorded) reads.set(name, { path: name, sha256: null });
        throw error;
      }
    },
    async readPackageFile(specifier) {
      const [, name, path] = /^((?:@[^/]+\/)?[^/]+)\/(.+)$/.exec(specifier) ?? [];
      if (name === undefined || !Object.hasOwn(data, name)) throw refused("package", specifier);
      const directory = join(root, data[name]);
      const full = join(directory, path);
      if (!isWithin(directory, full)) throw refused("package", specifier);
      return await Deno.readFile(full, { signal });
    },
    async run(command, directory) {
      const [program, ...args] = command;
      if (!access.run?.includes(program)) throw refused("run", program);
      const { code, stdout, stderr } = await new Deno.Command(program, {
        args,
        cwd: directory ?? root,
        stdin: "null",
        env: fixedVariables,
        signal,
      }).output();
      const text = new TextDecoder();
      return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
    },
    async makeTempDir() {
      await Deno.mkdir(scratch, { recursive: true });
      return await Deno.makeTempDir({ dir: scratch });
    },
    async remove(path) {
      if (!isWithin(scratch, resolve(path))) throw refused("read", path);
      await Deno.remove(path, { recursive: true });
    },
  };
}

/** The variables by which time zone and language would reach a result. */
export const fixedVariables = { TZ: "UTC", LANG: "C.UTF-8", LC_ALL: "C.UTF-8" } as const;

function isWithin(directory: string, path: string): boolean {
  const from = relative(directory, path);
  return from === "" || !(isAbsolute(from) || /^\.\.([\\/]|$)/.test(from));
}
