/** Tests the assignment's DAG without a data set, which permissions make unreachable. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { Manifest } from "../../../schemas/run/manifest.ts";
import { dataSets } from "../../../stages/download/catalogue.ts";
import { describeSource } from "../../../stages/download/source.ts";
import { cliOf, root } from "../../support/checkout.ts";
import {
  permissions,
  quoted,
  runsIn,
  shell,
  type Workspace,
  workspace,
} from "../../support/workspace.ts";

/** Nothing answers, and no program but Deno is there. */
const offline = `deno=$(command -v deno)
export PATH=/nowhere HTTP_PROXY=http://127.0.0.1:1/ HTTPS_PROXY=http://127.0.0.1:1/`;

async function reproduce(place: Workspace, jobs: string[], ...args: string[]) {
  const experiment = join(place.path, "experiment.json");
  await Deno.writeTextFile(experiment, JSON.stringify({ name: "offline", about: "", jobs }));
  const command = [
    ...["run", "--frozen", ...permissions, "--deny-read=/usr/share/datasets"],
    ...[cliOf("assignment"), join(place.path, "artifacts")],
    ...["reproduce", "--experiment", experiment, ...args],
  ];
  return await shell(`${offline}\n"$deno" ${command.map(quoted).join(" ")}`, root);
}

/** The directory of the only run. */
const runOf = ({ path }: Workspace) => join(path, "artifacts", "runs", runsIn(path)[0]);

Deno.test("without a source every one is listed with its failure, and other jobs still run", async () => {
  await using place = await workspace();
  const jobs = ["normalize/fashion-mnist", "init-check/mnist-as-listed"];
  const { code, err } = await reproduce(place, jobs);
  assertEquals(code, 2, err);
  assertStringIncludes(err, "from one of these sources, found in none");
  const log = Deno.readTextFileSync(
    join(runOf(place), "logs", "download", "fashion-mnist.log"),
  );
  for (const source of dataSets["fashion-mnist"].sources) {
    assertStringIncludes(log, describeSource(source));
  }
  const manifest = Manifest.parse(
    JSON.parse(await Deno.readTextFile(join(runOf(place), "manifest.json"))),
  );
  const status = Object.fromEntries(manifest.jobs.map((job) => [job.name, job.status]));
  assertEquals(status, {
    "download/fashion-mnist": "failed",
    "normalize/fashion-mnist": "skipped",
    "init-check/mnist-as-listed": "ran",
  });
});

Deno.test("the user's directory is the first source; wrong bytes in it are reported and skipped", async () => {
  await using place = await workspace();
  const data = join(place.path, "data", "mnist");
  await Deno.mkdir(data, { recursive: true });
  await Deno.writeTextFile(join(data, "train-labels-idx1-ubyte"), "not these bytes");
  const { code, err } = await reproduce(
    place,
    ["download/mnist"],
    "--data",
    join(place.path, "data"),
  );
  assertEquals(code, 0, err);
  assertStringIncludes(err, "passed over the data folder given by the user");
  assertStringIncludes(err, "mnist/train-labels-idx1-ubyte: expected 60008 bytes");
  const file = join(runOf(place), "download", "mnist", "train-labels-idx1-ubyte");
  assertEquals((await Deno.stat(file)).size, 60008);
});

Deno.test("a data directory that does not exist is refused before anything runs", async () => {
  await using place = await workspace();
  const none = await reproduce(place, ["download/mnist"], "--data", join(place.path, "none"));
  assertEquals(none.code, 2);
  assertStringIncludes(none.err, "--data expects a directory, found nothing at");
  assert(!none.err.includes("start"));
});
