/** Tests the assignment's DAG without a data set, which permissions make unreachable. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { Manifest } from "../../../schemas/run/manifest.ts";
import { dataSets } from "../../../stages/download/catalogue.ts";
import { describeSource } from "../../../stages/download/source.ts";
import { cliOf, root } from "../../support/checkout.ts";
import { runsIn, type Workspace, workspace } from "../../support/workspace.ts";
import { permissions } from "../../support/deno_command.ts";
import { quoted, shell } from "../../support/shell.ts";

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

Deno.test("other bytes in the user's directory stop the run, cached or not, and nothing stored is lost", async () => {
  await using place = await workspace();
  const data = join(place.path, "data");
  const file = join(data, "mnist", "train-labels-idx1-ubyte");
  await Deno.mkdir(join(data, "mnist"), { recursive: true });
  await Deno.writeTextFile(file, "not these bytes");
  const given = () => reproduce(place, ["download/mnist"], "--data", data);
  const refused = async () => {
    const { code, err } = await given();
    assertEquals(code, 2, err);
    assertStringIncludes(err, "cannot use the data folder given by the user");
    assertMatch(
      err,
      /mnist\/train-labels-idx1-ubyte: expected 60008 bytes with SHA-256 \w{64}, found 15 bytes with SHA-256 \w{64}/,
    );
  };
  await refused();
  const without = await reproduce(place, ["download/mnist"]);
  assertEquals(without.code, 0, without.err);
  await refused();
  const cached = await reproduce(place, ["download/mnist"]);
  assertEquals(cached.code, 0, cached.err);
  assert(!cached.err.includes("start"), cached.err);
  // The bytes as published, which the store has.
  await Deno.copyFile(
    join(place.path, "artifacts/latest/download/mnist/train-labels-idx1-ubyte"),
    file,
  );
  const right = await given();
  assertEquals(right.code, 0, right.err);
  assert(right.err.includes("start"), right.err);
});

Deno.test("a data directory that does not exist is refused before anything runs", async () => {
  await using place = await workspace();
  const none = await reproduce(place, ["download/mnist"], "--data", join(place.path, "none"));
  assertEquals(none.code, 2);
  assertStringIncludes(none.err, "--data expects a directory, found nothing at");
  assert(!none.err.includes("start"));
});
