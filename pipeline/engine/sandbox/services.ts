/**
 * Does for a stage what its worker may not: reads files, starts programs, keeps temporary directories and
 * checkpoints. Refuses requests that the stage does not declare, and records each file with its hash.
 */
import { join, relative, resolve, sep } from "node:path";
import type { Read } from "../../../schemas/run/action.ts";
import type { Access, JobSettings, Services } from "../effects.ts";
import { Failed, wordFailure } from "../failed.ts";
import { withoutLoader } from "../machine/loader_variables.ts";
import { fixedVariables } from "../program/declared_environment.ts";
import { type ProgramHost, runProgram } from "../program/run_program.ts";
import { statOf } from "../../store/existence.ts";
import { isWithin } from "../../store/path_within.ts";
import { sha256Of } from "../../store/sha256.ts";

/** For whom requests are served. */
interface Client {
  stage: string;
  access: Access;
  /** Directories of the npm packages that it declares, by name, relative to the root. */
  data: Readonly<Record<string, string>>;
  /** The project's directory. */
  root: string;
  settings: JobSettings;
  /** The directory for temporary ones; made when it is needed. */
  scratch: string;
  signal: AbortSignal;
  /** Needed to start the stage's program, if the stage is one. */
  program?: Omit<ProgramHost, "stage" | "scratch" | "signal">;
}

interface Served extends Services {
  /** The files that were read so far, or looked for in vain, in the order of the first request. */
  readonly reads: Read[];
}

/** Checkpoints that hold for as long as the files that were read before them are as they were. */
export interface StoredCheckpoints {
  readCheckpoint(
    step: number,
  ): { bytes: Uint8Array<ArrayBuffer>; reads: readonly Read[] } | undefined;
  saveCheckpoint(step: number, state: Uint8Array, reads: readonly Read[]): void;
}

/** The services of one job. */
export function servicesFor(client: Client, checkpoints: StoredCheckpoints): Served {
  const { access, data, root, scratch, signal } = client;
  const reads = new Map<string, Read>();
  return {
    // deno-lint-ignore require-await
    async readCheckpoint(step) {
      const stored = checkpoints.readCheckpoint(step);
      for (const read of stored?.reads ?? []) reads.set(read.path, read);
      return stored?.bytes;
    },
    // deno-lint-ignore require-await
    async saveCheckpoint(step, state) {
      checkpoints.saveCheckpoint(step, state, [...reads.values()]);
    },
    get reads() {
      return [...reads.values()];
    },
    readFile: recordingReader(client, reads),
    async readPackageFile(specifier) {
      const [, name, path] = /^((?:@[^/]+\/)?[^/]+)\/(.+)$/.exec(specifier) ?? [];
      if (name === undefined || !Object.hasOwn(data, name)) {
        throw refused(client, "package", specifier);
      }
      const directory = join(root, data[name]);
      const full = join(directory, path);
      if (!isWithin(directory, full)) throw refused(client, "package", specifier);
      return await Deno.readFile(full, { signal });
    },
    async run(command, directory) {
      const [program, ...args] = command;
      if (!access.run?.includes(program)) throw refused(client, "run", program);
      const { code, stdout, stderr } = await new Deno.Command(program, {
        args,
        cwd: directory ?? root,
        stdin: "null",
        env: { ...withoutLoader, ...fixedVariables },
        signal,
      }).output();
      const text = new TextDecoder();
      return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
    },
    async runProgram(run) {
      const { stage, program } = client;
      if (program === undefined) throw refused(client, "run", run.command[0]);
      return await runProgram(run, { ...program, stage, scratch, signal });
    },
    async makeTempDir() {
      await Deno.mkdir(scratch, { recursive: true });
      return await Deno.makeTempDir({ dir: scratch });
    },
    async remove(path) {
      if (!isWithin(scratch, resolve(path))) throw refused(client, "outside", path);
      await Deno.remove(path, { recursive: true });
    },
  };
}

/** Reads files within the project and the places that the stage declares, and records each. */
function recordingReader(client: Client, reads: Map<string, Read>): Services["readFile"] {
  const { access, root, settings, scratch, signal } = client;
  const places = [scratch, settings.dataDirectory, ...access.read ?? []];
  return async (path, verified) => {
    const full = resolve(root, path);
    const inProject = isWithin(root, full);
    if (!inProject && !places.some((place) => place !== undefined && isWithin(place, full))) {
      throw refused(client, "outside", path);
    }
    const name = inProject ? relative(root, full).replaceAll(sep, "/") : full;
    const record = (sha256: string | null) => {
      if (verified || isWithin(scratch, full)) return;
      const before = reads.get(name);
      if (before !== undefined && before.sha256 !== sha256) {
        throw new Failed({ reason: "read-changed", path: name });
      }
      reads.set(name, { path: name, sha256 });
    };
    let bytes: Uint8Array<ArrayBuffer>;
    try {
      // Opening a pipe would wait for whoever writes to it, and a device may have no end.
      const found = statOf(full);
      if (found && !found.isFile && !found.isDirectory) throw new Error(`${name} is no plain file`);
      bytes = await Deno.readFile(full, { signal });
    } catch (error) {
      // A directory, a file without permission: as long as it is no file that can be read.
      record(null);
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      throw new Deno.errors.NotFound(`${name} does not exist; expected a file`);
    }
    record(sha256Of(bytes));
    return bytes;
  };
}

const refused = ({ stage }: Client, what: "outside" | "run" | "package", target: string) =>
  new Deno.errors.NotCapable(wordFailure({ reason: "not-declared", stage, what, target }));
