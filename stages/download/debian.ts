/**
 * Downloads a Debian package through apt-get and unpacks it, without root and without installing
 * it. apt checks the package against the signed index of the machine's own archive.
 */

import { causes, SourceError } from "./source.ts";

/** The programs that are started. */
export const debianPrograms = ["apt-get", "dpkg-deb"] as const;

export interface DebianEffects {
  /** Runs a command to its end in `cwd`; rejects if it cannot be started. */
  run(command: string[], cwd: string): Promise<{ code: number; stdout: string; stderr: string }>;
  makeTempDir(): Promise<string>;
  /** Removes a folder with everything in it. */
  remove(path: string): Promise<void>;
}

/**
 * Unpacks the package `name` into a temporary folder, whose removal it leaves to `cleanup`, and
 * gives that folder's path.
 *
 * @throws {SourceError} `absent` if a command is missing or not permitted; `unreachable` if one
 * fails.
 */
export async function unpackDebianPackage(
  name: string,
  effects: DebianEffects,
  cleanup: AsyncDisposableStack,
): Promise<string> {
  const root = await effects.makeTempDir().catch((error) => {
    throw new SourceError("absent", `cannot make a temporary folder: ${causes(error)}`, {
      cause: error,
    });
  });
  cleanup.defer(() => effects.remove(root));

  // Prints: 'URL' file-name size hash. It gives the name under which the next line saves the file.
  const printed = await run(["apt-get", "--print-uris", "download", name], root, effects);
  const archive = printed.match(/^'\S+' (\S+\.deb) \d+/m)?.[1];
  if (archive === undefined) {
    throw new SourceError(
      "unreachable",
      `apt-get knows no file of the package ${name}; \`apt-get update\` refreshes its lists`,
    );
  }
  await run(["apt-get", "--quiet", "download", name], root, effects);
  await run(["dpkg-deb", "--extract", archive, "."], root, effects);
  return root;
}

async function run(command: string[], cwd: string, effects: DebianEffects): Promise<string> {
  const line = command.join(" ");
  let result;
  try {
    result = await effects.run(command, cwd);
  } catch (error) {
    const reason = error instanceof Deno.errors.NotCapable
      ? `not permitted: ${error.message}`
      : error instanceof Deno.errors.NotFound
      ? `there is no command ${command[0]} here`
      : `cannot run \`${line}\`: ${causes(error)}`;
    throw new SourceError("absent", reason, { cause: error });
  }
  if (result.code !== 0) {
    const said = result.stderr.trim().split("\n").at(-1);
    throw new SourceError("unreachable", `\`${line}\` ended with code ${result.code}: ${said}`);
  }
  return result.stdout;
}
