/** Checks the declaration of a stage that is a program: its words, paths and names of variables. */
import { posix, win32 } from "node:path";
import { Failed } from "../failed.ts";
import type { AnyStage } from "../stage.ts";
import { mark, parametersIn, type Program } from "./declared_program.ts";

/** Throws a `Failed` that names the stage and what is wrong with it. */
export function checkProgram({ name: stage, parameters, program }: AnyStage): void {
  if (program === undefined) return;
  const refuse = (what: string, expected: string, found: string): never => {
    const message = `The command stage ${stage} ${what}: expected ${expected}, found ${found}.`;
    throw new Failed({ reason: "usage", message });
  };
  checkCommand(program, Object.keys(parameters.shape), refuse);
  checkPlaces(program, refuse);
  checkNames(program, refuse);
}

type Refuse = (what: string, expected: string, found: string) => never;

function checkCommand({ command, versions }: Program, known: readonly string[], refuse: Refuse) {
  const used = parametersIn(command);
  const unknown = used.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    refuse("has an unknown parameter", `one of ${known.join(", ") || "none"}`, unknown);
  }
  const unused = known.find((name) => !used.includes(name));
  if (unused !== undefined) {
    refuse(
      `does not use its parameter ${unused}`,
      `param("${unused}") in its command`,
      "none. Use it, or remove it",
    );
  }
  for (const [program] of [command, ...Object.values(versions)]) {
    const isFit = typeof program === "string" && /^[^=\0]+$/.test(program) &&
      (!program.includes("/") || posix.isAbsolute(program));
    if (isFit) continue;
    refuse(
      "cannot start its program",
      'the name of one in PATH, or its absolute path (a script of yours is an argument: ["sh", ' +
        '"run.sh"])',
      JSON.stringify(program) ?? "no word",
    );
  }
  const words = [...command.flat(), ...Object.values(versions).flat()];
  const broken = words.find((word) => typeof word === "string" && word.includes("\0"));
  if (broken !== undefined) refuse("has an unfit word", "no NUL", JSON.stringify(broken));
}

/** Refuses paths that leave the program's directory, and two that are one or within one another. */
function checkPlaces({ places, outputs }: Program, refuse: Refuse) {
  const taken: string[] = [];
  for (const path of [...Object.values(places), ...Object.values(outputs)]) {
    const isFit = path === posix.normalize(path) && !/^\.{0,2}(\/|$)|\/$/.test(path) &&
      !win32.isAbsolute(path) && !/[\0\\]/.test(path) && path !== "__proto__";
    if (!isFit) {
      refuse(
        "has an unfit path",
        'one within its directory, such as "out/weights.npy"',
        JSON.stringify(path),
      );
    }
    const other = taken.find((one) =>
      one === path || one.startsWith(`${path}/`) || path.startsWith(`${one}/`)
    );
    if (other !== undefined) {
      refuse("has two files in one place", "a place for each", `${other} and ${path}`);
    }
    taken.push(path);
  }
  if (Object.keys(outputs).length === 0) refuse("has no output", "one or more", "none");
}

/** Variables by which the system's loader makes another program of one. */
const ofLoader = /^(LD|DYLD)_/;

function checkNames({ environment, inherit, versions }: Program, refuse: Refuse) {
  for (const name of [...Object.keys(environment), ...inherit]) {
    if (/^[A-Za-z_]\w*$/.test(name) && name !== mark) continue;
    refuse("has an unfit variable", "letters, digits and _", JSON.stringify(name));
  }
  const loader = inherit.find((name) => ofLoader.test(name));
  if (loader !== undefined) {
    refuse(`cannot inherit ${loader}`, "its value under environment", "it under inherit");
  }
  const twice = inherit.find((name) => Object.hasOwn(environment, name));
  if (twice !== undefined) {
    refuse(`has ${twice} twice`, "it under environment or under inherit", "it under both");
  }
  const unfit = Object.keys(versions).find((name) => !/^[\w.-]+$/.test(name));
  if (unfit !== undefined) {
    refuse("has a version with an unfit name", "letters, digits, _, . and -", unfit);
  }
  const [broken] = Object.entries(environment).find(([, value]) => value.includes("\0")) ?? [];
  if (broken !== undefined) refuse("has an unfit variable", "no NUL", `one in ${broken}`);
}
