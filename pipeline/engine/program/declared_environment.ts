/**
 * Starts programs with a declared environment. Loads nothing else, because a run that has nothing to do asks
 * programs for their versions.
 */
import { withoutLoader } from "../machine/loader_variables.ts";

/** The variables by which time zone and language would reach a result. */
export const fixedVariables = { TZ: "UTC", LANG: "C.UTF-8", LC_ALL: "C.UTF-8" } as const;

/**
 * Replaces the shell by the program in its arguments, with `PATH`, the variables that `$inherit` lists, and
 * those that stand before the program.
 */
export const inDeclaredEnvironment = `
for name in $inherit; do
  eval "value=\\\${$name-} set=\\\${$name+set}"
  [ "$set" = set ] && set -- "$name=$value" "$@"
done
exec env -i PATH="$PATH" "$@"
`;

/** A version command, and the variables that it gets: those of its stage. */
export interface VersionCommand {
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly inherit: readonly string[];
}

/** A program that prints its version, as what starts it. */
export const versionProgram = (
  { command, environment, inherit }: VersionCommand,
): Deno.Command =>
  new Deno.Command("sh", {
    args: [
      "-c",
      `inherit=$1; shift; exec 2>&1\n${inDeclaredEnvironment}`,
      "sh",
      inherit.join(" "),
      ...Object.entries({ ...fixedVariables, ...environment })
        .map(([name, value]) => `${name}=${value}`),
      ...command,
    ],
    // The same from wherever the command is called.
    cwd: "/",
    env: withoutLoader,
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  });

/** The version that a program printed, without the line break at its end. */
export const printedVersion = (stdout: Uint8Array): string =>
  new TextDecoder().decode(stdout).replaceAll("\r\n", "\n").trimEnd();
