/** Words failures of a stage's code: what it imports, and what it reaches for without declaring it. */
import { shownPath } from "../../terminal/user_path.ts";
import type { CodeFailure, Words } from "../event.ts";

export const codeFailures: Words<CodeFailure> = {
  "package-edited": ({ package: name, path, how, remembered }) => {
    const repair = how === "added" ? `Remove it` : `Run "deno install --reload=npm:${name}"`;
    return `${path} was ${how} since the package ${name} was first used here, so no job runs ` +
      `with it: the result would not be that of the locked package. ${repair}. If the package ` +
      `was edited before and is right now, remove ${remembered}, and --force the jobs that used ` +
      `it.`;
  },
  "missing-code": ({ sha256, stage }) =>
    `The bundle ${sha256} of the stage ${stage} is not in the store. Run again: it is made from ` +
    `the stage's files.`,
  "damaged-code": ({ stage, sha256, found, path }) =>
    `The bundle of the stage ${stage} is damaged: expected the SHA-256 ${sha256}, found ${found} ` +
    `of ${shownPath(path)}. It was removed; run again.`,
  "not-declared": (failure) => `The stage ${failure.stage} ${wordReach(failure)}`,
  "unbundled-import": ({ stage, specifier }) =>
    `The stage ${stage} imports "${specifier}", which is neither a file of this repository or of ` +
    `a package that it links, a locked npm package nor a part of the runtime, so its code ` +
    `cannot enter the key. Import an npm package that deno.json names, one that it links, or a ` +
    `relative path.`,
  "impure-import": ({ stage, specifier, path }) =>
    `The stage ${stage} imports ${specifier} in ${path}; expected a module of Node without ` +
    `clock, chance, machine and output, which no key holds. Use the globals (crypto, ` +
    `performance, process, console), which are fixed or watched, or \`effects\`.`,
  "unknown-import-form": ({ stage, path, type }) =>
    `The stage ${stage} imports ${path}${type === undefined ? "" : ` as "${type}"`}; expected ` +
    `TypeScript, JavaScript or JSON, or an import with { type: "text" } or { type: "bytes" }.`,
  "computed-import": ({ stage, places }) =>
    `The stage ${stage} imports what is computed while it runs, so its code cannot enter the ` +
    `key:\n${places.map((place) => `  ${place}`).join("\n")}\nWrite the module's name out: ` +
    `import("./module.ts").`,
  "code-unreadable": ({ stage, message }) =>
    `The code of the stage ${stage} cannot be bundled: ${message}`,
};

/** Words what a stage reached for without declaring it, and how to declare it. */
function wordReach({ what, target }: { what: string; target: string }): string {
  switch (what) {
    case "read":
      return `read ${target}, which is not in its key. Give it as an input (file("${target}") in the ` +
        `DAG), read it by effects.readFile, or name it by new URL("./…", import.meta.url) written ` +
        `out; what lies outside of the project is declared under access.read.`;
    case "outside":
      return `reached for ${target}, which lies outside of the project. Name its directory under ` +
        `access.read.`;
    case "write":
      return `wrote to ${target}; expected outputs only. For temporary files there is ` +
        `effects.makeTempDir.`;
    case "net":
      return `reached for ${target}, a host that it does not declare. Name it under access.net.`;
    case "run":
      return `started ${target}, a program that it does not declare. Name it under access.run and ` +
        `start it by effects.run.`;
    case "package":
      return `read ${target}, of an npm package that it does not declare. Name the package under ` +
        `"packages", as the import map does.`;
    default:
      return `needs ${what} access to ${target}, which no stage has.`;
  }
}
