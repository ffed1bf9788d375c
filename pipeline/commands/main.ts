/**
 * The command line's entry: prints the cached output where there is one, and otherwise loads the
 * project and the commands. Kept light, as every run starts here: it imports little, and none of Node's modules.
 */
import { canBeRemembered, recall } from "../store/cached_output/cached_output.ts";
import { cachesPath, storePath } from "../store/store_place.ts";
import type { LazyProject } from "../engine/project/project.ts";
import { complain, printedOr2 } from "../terminal/print.ts";
import { printOutput } from "./finish/print_output.ts";

export type { LazyProject } from "../engine/project/project.ts";

/**
 * Runs a command; gives the exit code. Results go to standard output, the rest to standard error.
 *
 * @example
 * ```ts
 * import { main } from "fanin/main";
 *
 * Deno.exitCode = await main(["help"], {
 *   root: import.meta.dirname!,
 *   artifacts: `${import.meta.dirname}/artifacts`,
 *   dagModule: import.meta.resolve("./stages/mod.ts"),
 *   experiments: {
 *     first: () => Promise.resolve({ name: "first", about: "runs every job" }),
 *   },
 * });
 * ```
 */
export async function main(args: string[], project: LazyProject): Promise<number> {
  const caches = cachesPath(project.artifacts);
  const cached = await recall(caches, args);
  if (cached !== undefined) {
    await printOutput(cached.shown);
    return await printedOr2(cached.exitCode);
  }
  const { unsupportedDeno } = await import("./deno_version.ts");
  const unsupported = unsupportedDeno() ?? notOnDisk();
  if (unsupported !== undefined) {
    complain(unsupported);
    return 2;
  }
  // Before anything else is loaded: what this run looks at is what its output depends on.
  if (canBeRemembered(args)) {
    (await import("../store/cached_output/watch_deno.ts")).observe(
      caches,
      storePath(project.artifacts),
    );
  }
  // By itself first: Deno checks all of node_modules for each module that imports a package which is not loaded.
  const parts = await import("zod").then(() =>
    Promise.all([
      import("./dispatch.ts"),
      import("../engine/project/load_module.ts"),
      import("./places.ts"),
      import("../store/cached_output/foreign.ts"),
      import("../terminal/interruption.ts"),
      import("../terminal/console_messages.ts"),
    ])
  ).catch((error: Error) => error);
  if (parts instanceof Error) {
    complain(
      `fanin cannot be loaded: ${firstSentence(parts)} Run "deno install" in ${project.root}.`,
    );
    return 2;
  }
  const [
    { dispatch },
    { loadDag },
    { needPlaces },
    { foreign },
    { isInterrupted },
    { consoleToStandardError },
  ] = parts;
  consoleToStandardError();
  const load = project.dag ?? (() => loadDag(project.dagModule));
  let isPlaced = false;
  const place = () => {
    if (!isPlaced) needPlaces(project);
    isPlaced = true;
    return project;
  };
  const code = await dispatch(args, {
    experiments: Object.keys(project.experiments),
    place,
    load: async () => ({ ...place(), dag: await foreign(load) }),
  });
  // Deno cannot end a worker that computes without a pause, and its process would wait for it.
  if (isInterrupted(code)) Deno.exit(code);
  return code;
}

/**
 * One sentence for an engine that was imported from elsewhere than a disk; undefined for others. It bundles
 * its own sources with those of stages, and reads the style sheets and fonts of its pages.
 */
const notOnDisk = (): string | undefined =>
  import.meta.url.startsWith("file:")
    ? undefined
    : `fanin reads its own files, so it must lie on a disk of this machine; found it at ` +
      `${
        new URL(import.meta.url).origin
      }. Clone its repository, and name the folder "package" of ` +
      `the clone under "links" in your deno.json.`;

/** Deno's reason why it cannot load a package, without its advice for users of Deno. */
const firstSentence = ({ message }: Error): string =>
  /^[^\n]*?[.!](?=\s|$)/.exec(message)?.[0] ?? `${message.split("\n", 1)[0]}.`;
