/**
 * Describes a run as an in-toto statement with a SLSA provenance predicate: its artifacts, the code,
 * parameters and packages that made them, where and when. It is unsigned: sign it to vouch for a run.
 *
 * Forms: in-toto Statement v1 (https://in-toto.io/Statement/v1), SLSA build provenance v1
 * (https://slsa.dev/spec/v1.0/provenance). `artifacts/README.md` says what the build type means.
 */
import type { Manifest } from "../../schemas/run/manifest.ts";
import { commitOf } from "../runs/read_manifest.ts";
import { hashIn, isOwnData, packageIn, parseLine, parseLines } from "../engine/key.ts";
import { type Artifact, endOf } from "./contents.ts";

/** A ResourceDescriptor, as far as it is used here. */
interface Resource {
  name?: string;
  uri?: string;
  digest?: Record<string, string>;
  mediaType?: string;
  annotations?: Record<string, unknown>;
}

interface Statement {
  _type: "https://in-toto.io/Statement/v1";
  subject: Resource[];
  predicateType: "https://slsa.dev/provenance/v1";
  predicate: {
    buildDefinition: {
      buildType: string;
      externalParameters: Record<string, unknown>;
      internalParameters: Record<string, unknown>;
      resolvedDependencies: Resource[];
    };
    runDetails: {
      builder: { id: string; version: Record<string, string> };
      metadata: { invocationId: string; startedOn: string; finishedOn: string };
      byproducts: Resource[];
    };
  };
}

const buildType = "urn:fanin:build-type:experiment:v1";
/** A machine that somebody ran fanin on: nothing vouches for it but its owner. */
const builder = "urn:fanin:builder:own-machine:v1";

/** `records` are the run's own files, beside its artifacts, with the SHA-256 of each. */
export function statementOf(
  manifest: Manifest,
  artifacts: readonly Artifact[],
  records: readonly { path: string; sha256: string; mediaType: string }[],
): Statement {
  const { experiment, environment: { git: _git, packages: _packages, ...environment } } = manifest;
  const commit = commitOf(manifest);
  const { deno, v8, typescript } = environment;
  return {
    _type: "https://in-toto.io/Statement/v1",
    subject: artifacts.map(({ path, sha256, mediaType }) => ({
      name: path,
      digest: { sha256 },
      mediaType,
    })),
    predicateType: "https://slsa.dev/provenance/v1",
    predicate: {
      buildDefinition: {
        buildType,
        externalParameters: { experiment },
        internalParameters: {
          environment,
          jobs: Object.fromEntries(manifest.jobs.map(({ name, stage, parameters, key }) => [
            name,
            { stage, parameters, key },
          ])),
        },
        resolvedDependencies: [
          ...(commit === undefined ? [] : [{
            name: "repository",
            digest: { gitCommit: commit.commit },
            annotations: { clean: commit.clean },
          }]),
          ...dataOf(manifest),
          ...codeOf(manifest),
        ],
      },
      runDetails: {
        builder: { id: builder, version: { deno, v8, typescript } },
        metadata: {
          invocationId: manifest.run,
          startedOn: manifest.started,
          finishedOn: endOf(manifest.started, manifest.seconds),
        },
        byproducts: records.map(({ path, sha256, mediaType }) => ({
          name: path,
          digest: { sha256 },
          mediaType,
        })),
      },
    },
  };
}

/** A package in the form of a purl: https://github.com/package-url/purl-spec. */
const packageUrl = (name: string, version: string): string =>
  `pkg:npm/${name.split("/").map(encodeURIComponent).join("/")}@${encodeURIComponent(version)}`;

/** The SHA-512 that npm publishes, in hexadecimal. */
const sha512In = (integrity: string): string =>
  Uint8Array.fromBase64(integrity.replace(/^sha512-/, "")).toHex();

/** Own data, as they are in the run. */
const dataOf = ({ jobs }: Manifest): Resource[] =>
  jobs.filter(({ lines }) => isOwnData(parseLines(lines))).flatMap(({ name, outputs }) =>
    Object.values(outputs).map(({ sha256, mediaType }) => ({ name, digest: { sha256 }, mediaType }))
  );

/** The code of each stage and the locked packages, from the lines that the jobs' keys were made of. */
function codeOf({ jobs, integrity: published = {} }: Manifest): Resource[] {
  const lines = new Set(jobs.flatMap((job) => job.lines));
  const resources: Resource[] = [];
  for (const line of [...lines].sort()) {
    const { kind, name, value } = parseLine(line);
    if (kind === "code") {
      resources.push({ name: `stage ${name}`, digest: { sha256: hashIn(value) } });
    } else if (kind === "package") {
      const { version, integrity } = packageIn(value);
      // SHA-256 over the names and SHA-512 of the package and of all that it needs, as they are locked.
      const closure = { faninLockedClosure: hashIn(integrity) };
      const archive = published[`${name}@${version}`];
      const digest = archive === undefined ? closure : { sha512: sha512In(archive), ...closure };
      resources.push({ uri: packageUrl(name, version), digest });
    }
  }
  return resources;
}
