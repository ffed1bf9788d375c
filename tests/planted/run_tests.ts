/** Copies the sources to a place of their own, and runs tests there. */
import { join } from "node:path";
import { storeVariable } from "../../pipeline/store/store_place.ts";
import { places, root } from "../support/checkout.ts";
import { copyTree } from "../support/copied_files.ts";
import { countedIn, testing } from "../run/start_tests.ts";
import { type Plant, planted } from "./plant.ts";

const copied = ["pipeline", "stages", "schemas", "tests", "docs", "vendor"];
const linked = ["node_modules", "artifacts"];
const files = ["deno.json", "deno.lock", "README.md", "CONTRIBUTING.md", "LICENSE"];

export interface Copy extends AsyncDisposable {
  path: string;
}

/** A copy of the sources, in which errors are planted; it is removed at the end. */
export async function copySources(): Promise<Copy> {
  await Deno.mkdir(places, { recursive: true });
  const path = await Deno.makeTempDir({ dir: places, prefix: "planted-" });
  for (const name of copied) {
    if (name !== "tests") await copyTree(join(root, name), join(path, name));
  }
  await Deno.mkdir(join(path, "tests", "tmp"), { recursive: true });
  for (const { name, isDirectory } of Deno.readDirSync(join(root, "tests"))) {
    const [from, to] = [root, path].map((at) => join(at, "tests", name));
    if (name === "tmp") continue;
    if (isDirectory) await copyTree(from, to);
    else await Deno.copyFile(from, to);
  }
  await Deno.mkdir(join(path, "package"));
  for (const { name, isSymlink } of Deno.readDirSync(join(root, "package"))) {
    const [from, to] = [root, path].map((at) => join(at, "package", name));
    if (isSymlink) await Deno.symlink(await Deno.readLink(from), to);
    else await Deno.copyFile(from, to);
  }
  for (const name of files) await Deno.copyFile(join(root, name), join(path, name));
  for (const name of linked) await Deno.symlink(join(root, name), join(path, name));
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

interface Result {
  passed: number;
  failed: number;
  output: string;
}

/**
 * Runs test files of a copy.
 * @throws Error if they do not load, or none of their tests has the name
 */
export async function runTests(
  { path }: Copy,
  { noticedBy, filter }: Pick<Plant, "noticedBy" | "filter">,
): Promise<Result> {
  const args = [...testing, noticedBy];
  if (filter !== undefined) args.push("--filter", filter);
  const { stdout, stderr } = await new Deno.Command("deno", {
    args,
    cwd: path,
    stdin: "null",
    env: { NO_COLOR: "1", INIT_CWD: "", [storeVariable]: "" },
  }).output();
  const output = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("\n");
  const { passed, failed } = countedIn(output);
  if (passed + failed === 0 || /\(uncaught error\)/.test(output)) {
    throw new Error(`expected tests in ${noticedBy} to run, found:\n${output}`);
  }
  return { passed, failed, output };
}

/** Runs a plant's tests with its error in the copy, which is as before at the end. */
export async function runPlanted(copy: Copy, plant: Plant): Promise<Result> {
  const at = join(copy.path, plant.file);
  const text = await Deno.readTextFile(at);
  await Deno.writeTextFile(at, planted(text, plant));
  try {
    return await runTests(copy, plant);
  } finally {
    await Deno.writeTextFile(at, text);
  }
}
