/** Runs of the small training as submissions: copied from a run, changed, and graded. */
import { assertEquals } from "@std/assert";
import { dirname, join, relative } from "node:path";
import { Manifest, type ManifestJob } from "../../schemas/run/manifest.ts";
import { canonicalJson } from "../../pipeline/formats/json.ts";
import type { Grading } from "../../pipeline/grade/submission.ts";
import { identityOf } from "../../pipeline/runs/identity.ts";
import { keyOf, parseLines } from "../../pipeline/engine/key.ts";
import type { Project } from "../../pipeline/engine/project/project.ts";
import { sha256Of } from "../../pipeline/store/sha256.ts";
import { dag } from "../fixtures/training/mod.ts";
import { fanin, runsIn, type Workspace } from "./workspace.ts";
import { readJson } from "./copied_files.ts";
import { root } from "./checkout.ts";

export const trainingCli = join(root, "tests", "fixtures", "training", "cli.ts");

export const projectIn = ({ path }: Workspace): Project => ({
  root,
  artifacts: join(path, "artifacts"),
  dag,
  dagModule: new URL("../fixtures/training/mod.ts", import.meta.url).href,
  experiments: {
    assignment: () =>
      Promise.resolve({
        name: "assignment",
        about: "a training",
        replicate: {
          jobs: ["evaluate/net"],
          seeds: [{ job: "draw/net", parameter: "seed" }],
        },
      }),
  },
});

const source = { from: "measured", where: "a test" };

/** Expected values of the small training, wide enough for any order of summation. */
export const expected = {
  version: 1,
  title: "the small training",
  about: "",
  experiment: "assignment",
  items: [
    {
      id: "loss",
      title: "final loss",
      target: { kind: "metric", name: "net.final-loss" },
      expected: { kind: "range", range: { low: 0.01, high: 0.9 } },
      points: 2,
      source,
    },
    {
      id: "curve",
      title: "loss by epoch",
      target: { kind: "curve", name: "net.loss.epoch-*", from: 0, to: 3 },
      expected: {
        kind: "band",
        ranges: [0, 1, 2, 3].map(() => ({ low: 0, high: 0.9 })),
      },
      source,
    },
    {
      id: "weights",
      title: "weights are numbers",
      target: {
        kind: "tensor",
        job: "train/net",
        output: "weights",
        name: "epoch-3.weight",
        statistic: "not-finite",
      },
      expected: { kind: "exact", value: 0 },
      source,
    },
    {
      id: "chart",
      title: "the chart",
      target: { kind: "artifact", job: "plot/net", output: "loss.vl.json" },
      expected: { kind: "form", form: "vega-lite", contains: ["Loss by epoch"] },
      source,
    },
  ],
};

export const how = (place: Workspace, require?: Grading["require"]): Grading => ({
  expected: join(place.path, "expected.json"),
  experiment: "assignment",
  require,
  onStart() {},
  onEnd() {},
  onNotice() {},
});

/** A finished run of the small training, and the file that it is graded against. */
export async function finished(place: Workspace, flags: string[] = []): Promise<string> {
  const { code, err } = await fanin(place, ["reproduce", ...flags], trainingCli);
  assertEquals(code, 0, err);
  await Deno.writeTextFile(join(place.path, "expected.json"), JSON.stringify(expected));
  return join(place.path, "artifacts", "runs", runsIn(place.path)[0]);
}

export interface Submitted {
  manifest: Manifest;
  job(name: string): ManifestJob;
  write(file: string, content: string | Uint8Array): Promise<void>;
  read(file: string): Promise<Uint8Array>;
  path(file: string): string;
}

/** Copies a run, changes the copy and writes its manifest anew; gives the copy's directory. */
export async function submit(
  run: string,
  name: string,
  change: (submitted: Submitted) => unknown,
): Promise<string> {
  const directory = join(dirname(dirname(run)), "..", name);
  const copy = async (from: string) => {
    for await (const entry of Deno.readDir(from)) {
      const path = join(from, entry.name);
      if (entry.isDirectory) await copy(path);
      else {
        const to = join(directory, relative(run, path));
        await Deno.mkdir(dirname(to), { recursive: true });
        // Not a link: the store must not see the change.
        await Deno.writeFile(to, await Deno.readFile(path));
      }
    }
  };
  await copy(run);
  const manifest = Manifest.parse(await readJson(run, "manifest.json"));
  await change({
    manifest,
    job: (name) => manifest.jobs.find((job) => job.name === name)!,
    write: (file, content) =>
      typeof content === "string"
        ? Deno.writeTextFile(join(directory, file), content)
        : Deno.writeFile(join(directory, file), content),
    read: (file) => Deno.readFile(join(directory, file)),
    path: (file) => join(directory, file),
  });
  await Deno.writeTextFile(join(directory, "manifest.json"), canonicalJson(manifest));
  return directory;
}

/** Puts an output in the place of a job's, with its hash in the manifest. */
export async function replaceOutput(
  { job, write }: Submitted,
  name: string,
  output: string,
  bytes: Uint8Array,
): Promise<string> {
  const declared = job(name).outputs[output];
  await write(declared.file, bytes);
  Object.assign(declared, { sha256: sha256Of(bytes), size: bytes.length });
  return declared.sha256;
}

export const forgeKeys = ({ manifest }: Pick<Submitted, "manifest">) => {
  for (const job of manifest.jobs) job.key = keyOf(parseLines(job.lines));
  manifest.identity = identityOf(manifest.jobs.map(({ name, key }) => ({ name, key })));
};

/**
 * Makes every hash of a changed run follow from the rest, as a careful forger does: inputs from outputs,
 * lines from inputs and parameters, keys from lines, metrics.json from artifacts.
 */
export async function makeConsistent({ manifest, job, read, write }: Submitted): Promise<void> {
  const metrics: Record<string, number> = {};
  for (const { name, inputs, lines, parameters, outputs } of manifest.jobs) {
    for (const input of Object.values(inputs)) {
      input.sha256 = job(input.job)?.outputs[input.output]?.sha256 ?? input.sha256;
    }
    const isOther = (line: string) => !/^(param|until|input) /.test(line);
    const isEnv = (line: string) => line.startsWith("env ");
    job(name).lines = [
      ...lines.filter((line) => isOther(line) && !isEnv(line)),
      ...Object.keys(parameters).sort().map((key) =>
        `${key === "epochs" ? "until" : "param"} ${key} ${canonicalJson(parameters[key])}`
      ),
      ...Object.keys(inputs).sort().map((key) => `input ${key} sha256:${inputs[key].sha256}`),
      ...lines.filter(isEnv),
    ];
    const subject = name.slice(name.indexOf("/") + 1);
    for (const { type, file } of Object.values(outputs)) {
      if (type !== "metrics") continue;
      const values = JSON.parse(new TextDecoder().decode(await read(file)));
      for (const key of Object.keys(values)) metrics[`${subject}.${key}`] = values[key];
    }
  }
  await write("metrics.json", JSON.stringify(metrics));
  forgeKeys({ manifest });
}
