/**
 * Starts programs with a declared environment. Loads nothing else, because a run that has nothing to do asks
 * programs for their versions.
 */
import { withoutLoader } from "../machine/loader_variables.ts";

/** The variables by which time zone and language would reach a result. */
export const fixedVariables = { TZ: "UTC", LANG: "C.UTF-8", LC_ALL: "C.UTF-8" } as const;

/**
 * Replaces the shell by the program in its arguments, with `PATH`, the variables that `$fanin_inherit` lists, and
 * those that stand before the program. The shell's own variables begin with `fanin_`: one with the name of an
 * inherited one would hide its value.
 */
export const inDeclaredEnvironment = `
for fanin_name in $fanin_inherit; do
  eval "fanin_value=\\\${$fanin_name-} fanin_set=\\\${$fanin_name+set}"
  [ "$fanin_set" = set ] && set -- "$fanin_name=$fanin_value" "$@"
done
exec env -i PATH="$PATH" "$@"
`;

/** Variables as words before a program. One that it inherits has its value from the machine alone. */
export const assigned = (
  variables: Readonly<Record<string, string>>,
  inherit: readonly string[],
): string[] =>
  Object.entries(variables).flatMap(([name, value]) =>
    inherit.includes(name) ? [] : `${name}=${value}`
  );

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
      `fanin_inherit=$1; shift; exec 2>&1\n${inDeclaredEnvironment}`,
      "sh",
      inherit.join(" "),
      ...assigned({ ...fixedVariables, ...environment }, inherit),
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
