/**
 * Caches what `reproduce` printed when nothing was left to do, with everything that it looked at. While none
 * of that changes, the same command prints the same, and neither stages nor their packages are loaded.
 * Imports nothing that takes time to load, neither Node's modules nor what checks a file that was touched.
 * A cached output can be deleted at any time.
 */
import { driverFingerprint } from "../../engine/machine/driver.ts";
import { fileState, isSameState } from "../file_state.ts";
import { sharedPlace } from "../store_place.ts";
import { checksumOfVariable, namesIn, presenceOf } from "./look_state.ts";
import {
  type CommandOutput,
  eachPath,
  readRemembered,
  type Remembered,
  stateAt,
  statesIn,
} from "./remembered.ts";

/** Dependencies of every cached output: the program, the runtime, the machine, and the user's directory. */
export function circumstances(): string {
  // July and January tell summer time; the first moment tells places that changed their zone.
  const zone = [0, Date.UTC(2026, 0), Date.UTC(2026, 6)]
    .map((time) => new Date(time).getTimezoneOffset());
  // As user_path.ts has it, which would load Node's modules.
  const given = Deno.env.get("INIT_CWD") ?? "";
  return [
    `main ${Deno.mainModule}`,
    `directory ${Deno.cwd()}`,
    `user's directory ${given}`,
    `store ${sharedPlace() ?? ""}`,
    `v8 ${Deno.version.v8}`,
    `arch ${Deno.build.arch}`,
    `os ${Deno.build.os}`,
    `language ${navigator.language}`,
    `zone ${zone.join(" ")}`,
    driverFingerprint(),
  ].join("\n");
}

/** The path of a cached output; undefined for arguments that make no good file name. */
export function outputPath(caches: string, args: readonly string[]): string | undefined {
  const name = encodeURIComponent(args.join(" ")).replaceAll("*", "%2A");
  return name.length <= 200 ? `${caches}/answers/${name}.output` : undefined;
}

/** Tells whether a command may have an output to cache: it neither runs a job anyhow nor asks a server. */
export const canBeRemembered = ([command, ...flags]: readonly string[]): boolean =>
  command === "reproduce" && !flags.some((flag) => /^--(force|remote)/.test(flag));

/** The output for these arguments, if all that it depended on is as it was. `caches` is where it would lie. */
export async function recall(
  caches: string,
  args: readonly string[],
): Promise<CommandOutput | undefined> {
  const path = canBeRemembered(args) ? outputPath(caches, args) : undefined;
  if (path === undefined) return undefined;
  try {
    const remembered = readRemembered(path);
    if (!isMeant(remembered, args)) return undefined;
    const hasChanged = change(remembered);
    if (hasChanged === "unknown") {
      const { isCurrent } = await import("./current.ts");
      return isCurrent(caches, remembered, path) ? remembered.answer : undefined;
    }
    return hasChanged ? undefined : remembered.answer;
  } catch {
    // Not asked before, damaged, or something in its way: it is found out anew, with its errors.
    return undefined;
  }
}

const isMeant = (remembered: Remembered, args: readonly string[]): boolean =>
  remembered.circumstances === circumstances() &&
  JSON.stringify(remembered.arguments) === JSON.stringify(args);

/** Tells whether something changed; "unknown" where only the content of a file or a program can tell. */
function change(remembered: Remembered): boolean | "unknown" {
  for (const [state, paths] of Object.entries(remembered.present)) {
    if (!eachPath(paths, (path) => presenceOf(path) === state)) return true;
  }
  let isUnknown = remembered.seen > Date.now();
  for (const [kind, name, state] of remembered.others) {
    const now = kind === "names"
      ? namesIn(name)
      : kind === "variable"
      ? checksumOfVariable(name)
      : kind === "content" && state === "" && fileState(name) === undefined
      ? ""
      : undefined;
    if (now === undefined) isUnknown = true;
    else if (now !== state) return true;
  }
  return isUnknown || !areAsSeen(remembered) ? "unknown" : false;
}

function areAsSeen({ files, states }: Remembered): boolean {
  const seen = statesIn(states);
  let file = 0;
  return eachPath(files, (path) => {
    const now = fileState(path);
    return now !== undefined && isSameState(now, stateAt(seen, file++));
  });
}
