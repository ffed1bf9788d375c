/** Runs that never were: a run's directory, with keys, hashes and metrics as a real one has them. */
import { dirname, join } from "node:path";
import { canonicalJson } from "../../pipeline/formats/json.ts";
import { identityOf } from "../../pipeline/runs/identity.ts";
import { keyOf, parseLines } from "../../pipeline/engine/key.ts";
import { checksumsFile, checksumsText } from "../../pipeline/runs/checksums.ts";
import { sha256Of } from "../../pipeline/store/sha256.ts";
import type { JobStatus, Manifest, ManifestJob } from "../../schemas/run/manifest.ts";
import { utf8 } from "./utf8.ts";

export interface MadeUpJob {
  name: string;
  stage: string;
  parameters?: Record<string, unknown>;
  /** Input's name → [job, output]. */
  inputs?: Record<string, [job: string, output: string]>;
  /** Output's name → its bytes. One named `metrics` holds metrics. */
  outputs?: Record<string, Uint8Array>;
  status?: JobStatus;
}

export const metricsBytes = (value: Record<string, number>): Uint8Array =>
  utf8(canonicalJson(value) + "\n");

export const madeUpId = "20260102T030405Z-made-up";

/** The files of a made-up run by their paths, each content once, its manifest among them. */
export interface MadeUpRun {
  manifest: Manifest;
  files: Map<string, Uint8Array>;
}

export function madeUpRun(jobs: MadeUpJob[], run = madeUpId): MadeUpRun {
  const files = new Map<string, Uint8Array>();
  const outputs = new Map<string, ManifestJob["outputs"]>();
  const metrics: Record<string, number> = {};
  const recorded = jobs.map((job): ManifestJob => {
    const { name, stage, parameters = {}, status = "ran" } = job;
    const inputs = Object.fromEntries(
      Object.entries(job.inputs ?? {}).map(([input, [from, output]]) => [
        input,
        { job: from, output, sha256: outputs.get(from)?.[output]?.sha256 },
      ]),
    );
    const sorted = (names: object) => Object.keys(names).sort();
    const lines = [
      `stage ${stage}`,
      `code ${stage} sha256:${sha256Of(stage)}`,
      `package zod 4.6.7 sha256:${sha256Of("zod")}`,
      ...sorted(parameters).map((key) => `param ${key} ${canonicalJson(parameters[key])}`),
      ...sorted(inputs).map((key) => `input ${key} sha256:${inputs[key].sha256}`),
      `env arch "x86_64"`,
    ];
    const started = status === "ran" || status === "cached";
    const given: ManifestJob["outputs"] = {};
    for (const [output, bytes] of Object.entries(job.outputs ?? {})) {
      const file = `${name}/${output}`;
      const isMetrics = output === "metrics";
      given[output] = {
        sha256: sha256Of(bytes),
        size: bytes.length,
        type: isMetrics ? "metrics" : "bytes",
        mediaType: isMetrics ? "application/json" : "application/octet-stream",
        tolerance: { kind: "exact" },
        file,
      };
      files.set(file, bytes);
      if (!isMetrics) continue;
      const subject = name.slice(name.indexOf("/") + 1).replaceAll("/", ".");
      for (const [metric, value] of Object.entries(JSON.parse(new TextDecoder().decode(bytes)))) {
        metrics[`${subject}.${metric}`] = value as number;
      }
    }
    outputs.set(name, given);
    return {
      name,
      stage,
      parameters: parameters as ManifestJob["parameters"],
      status,
      ...(status === "skipped" ? { lines: [] } : { key: keyOf(parseLines(lines)), lines }),
      inputs,
      outputs: given,
      ...(started ? { started: "2026-01-02T03:04:06.000Z", seconds: 1.5 } : {}),
      ...(status === "failed" ? { error: `${name} failed: told to` } : {}),
    };
  });
  const failed = recorded.some(({ status }) => status === "failed");
  const manifest: Manifest = {
    version: 1,
    run,
    identity: identityOf(recorded.map(({ name, key }) => ({ name, key }))),
    status: failed ? "failed" : "complete",
    experiment: { name: "made-up", about: "never ran", backends: ["webgpu"], parameters: {} },
    started: "2026-01-02T03:04:05.000Z",
    seconds: 10,
    environment: {
      deno: "2.9.6",
      v8: "15.0",
      typescript: "6.0.3",
      os: "linux",
      kernel: "6.1",
      arch: "x86_64",
      cpu: "test",
      cores: 2,
      adapter: null,
      driver: null,
      packages: { zod: "4.6.7" },
      git: { commit: "0123456789abcdef0123456789abcdef01234567", clean: true },
    },
    jobs: recorded,
  };
  files.set("metrics.json", utf8(JSON.stringify(metrics, null, 2) + "\n"));
  files.set("summary.txt", utf8(`Run ${run}\n`));
  files.set("manifest.json", utf8(canonicalJson(manifest) + "\n"));
  return { manifest, files };
}

/** The files of an archive of a run: with their hashes, and without descriptions. */
export const filesInArchive = ({ files }: MadeUpRun): Map<string, Uint8Array> =>
  new Map([...files, [checksumsFile, utf8(checksumsText(files))]]);

/** Writes a made-up run into a store's artifacts, as `reproduce` would leave it. */
export function place(artifacts: string, { manifest, files }: MadeUpRun): void {
  for (const [file, bytes] of files) {
    const path = join(artifacts, "runs", manifest.run, file);
    Deno.mkdirSync(dirname(path), { recursive: true });
    Deno.writeFileSync(path, bytes);
  }
  const own = [...files].filter(([file]) => !file.includes("/"));
  const checksums = join(artifacts, "runs", manifest.run, checksumsFile);
  Deno.writeTextFileSync(checksums, checksumsText(own));
}
