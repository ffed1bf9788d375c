/** Reads files of expected values, and finds the committed one for an experiment. */
import { basename, isAbsolute, join } from "node:path";
import { Expected } from "../../schemas/run/expected.ts";
import { checkedJson, readText } from "../formats/read_json.ts";
import { sha256Of } from "../store/sha256.ts";
import { shownPath } from "../terminal/user_path.ts";
import { withGroupPoints } from "./group_points.ts";
import { entriesIn } from "../store/files_under.ts";

export interface ExpectedFile {
  path: string;
  /** Its path for people: within the project if committed, otherwise as the user sees it. */
  name: string;
  sha256: string;
  expected: Expected;
}

/** Cap on the size of a file, in bytes. */
const largest = 8 << 20;

const hint = "Expected a file of expected values; schemas/run/expected.schema.json has its form.";

/** Reads and checks a file. Throws a failure that names every invalid place. */
export function readExpected(path: string, name = shownPath(path)): ExpectedFile {
  const { bytes, text } = readText(path, { limit: largest, hint, name });
  const expected = checkedJson(text, Expected, { name, hint, isLossless: true });
  // A grade leaves this machine, and takes none of its paths along.
  const shown = isAbsolute(name) ? basename(name) : name;
  return { path, name: shown, sha256: sha256Of(bytes), expected: withGroupPoints(expected) };
}

/** The committed files: each names the experiment that it is for. */
const committed = /^expected(-[a-z0-9-]+)?\.json$/;

/** The committed file for an experiment, undefined where there is none. */
export function committedFor(artifacts: string, experiment: string): ExpectedFile | undefined {
  const directory = join(artifacts, "reference");
  return entriesIn(directory).map(({ name }) => name).filter((name) => committed.test(name)).sort()
    .map((name) => readExpected(join(directory, name), `artifacts/reference/${name}`))
    .find(({ expected }) => expected.experiment === experiment);
}
