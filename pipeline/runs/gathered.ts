/**
 * Gathers what a run's jobs gave that the engine itself reads (metrics and claims) and makes
 * the run's files of it. Those follow from the manifest and the artifacts alone, so a damaged one can
 * be made again.
 */
import { Ledger } from "../../schemas/run/judged_claims.ts";
import { floatsInJson } from "../../schemas/run/float_text.ts";
import type { Manifest, ManifestJob, ManifestOutput } from "../../schemas/run/manifest.ts";
import type { Metrics } from "../../schemas/run/metric_values.ts";
import { Failed } from "../engine/failed.ts";
import { canonicalText } from "../formats/json.ts";
import { ledger, metrics } from "../formats/metrics.ts";
import { claimsTableMarkdown, isSettled, mergeClaims } from "../claims/claims_table.ts";
import { summaryOf } from "./run_summary.ts";
import { wordThrown } from "../engine/sandbox/thrown.ts";
import { claimCollisions, type Collision, metricCollisions } from "./collisions.ts";
import { metricName } from "./metric_names.ts";
import { printable } from "../terminal/escape.ts";
import { laidOut } from "../terminal/laid_out.ts";

export interface Gathered {
  metrics: Metrics;
  ledger: Ledger;
  /** Names that two jobs give; metrics and claims leave them out. */
  collisions: Collision[];
}

/** Outputs of one kind, by job, and those of them that cannot be read. */
interface Given<T> {
  values: { job: string; value: T }[];
  unusable: { job: string; error: Error }[];
}

/** The artifacts of a run that the engine itself reads, job by job. */
export interface Artifacts {
  metrics: Given<Metrics>;
  ledgers: Given<Ledger>;
  collisions: Collision[];
}

type ReadOutput = (
  job: string,
  output: string,
  declared: Pick<ManifestOutput, "sha256" | "file">,
) => Uint8Array | undefined;

/** Reads the artifacts of the engine's own kinds. Throws nothing that `read` throws. */
export function readArtifacts(
  jobs: readonly Pick<ManifestJob, "name" | "outputs">[],
  read: ReadOutput,
): Artifacts {
  const given = <T>(type: { kind: string; decode(bytes: Uint8Array): T }): Given<T> => {
    const given: Given<T> = { values: [], unusable: [] };
    for (const { name: job, outputs } of jobs) {
      for (const [output, declared] of Object.entries(outputs)) {
        if (declared.type !== type.kind) continue;
        try {
          given.values.push({ job, value: decoded(type, job, output, declared, read) });
        } catch (error) {
          given.unusable.push({ job, error: error as Error });
        }
      }
    }
    return given;
  };
  const [metricsGiven, ledgers] = [given(metrics), given(ledger)];
  return {
    metrics: metricsGiven,
    ledgers,
    collisions: [...metricCollisions(metricsGiven.values), ...claimCollisions(ledgers.values)],
  };
}

function decoded<T>(
  type: { decode(bytes: Uint8Array): T },
  job: string,
  output: string,
  declared: Pick<ManifestOutput, "sha256" | "file">,
  read: ReadOutput,
): T {
  const unreadable = (problem: string) =>
    new Failed({ reason: "unreadable-output", job, output, problem });
  const bytes = read(job, output, declared);
  if (bytes === undefined) throw unreadable(`${declared.file} is not there`);
  try {
    return type.decode(bytes);
  } catch (error) {
    throw unreadable(wordThrown(error));
  }
}

/** Merges what jobs gave, without the names that two of them give. */
export function merge({ metrics, ledgers, collisions }: Artifacts): Gathered {
  const shared = (kind: Collision["kind"]) =>
    new Set(collisions.filter((one) => one.kind === kind).map(({ name }) => name));
  return {
    metrics: mergeMetrics(metrics.values, shared("metrics")),
    ledger: mergeClaims(ledgers.values.map(({ value }) => value), shared("claims")),
    collisions,
  };
}

/** Gathers what jobs gave; `read` gives the bytes of a hash. Throws where an artifact is unusable. */
export function gather(
  jobs: readonly Pick<ManifestJob, "name" | "outputs">[],
  read: (sha256: string) => Uint8Array,
): Gathered {
  const artifacts = readArtifacts(jobs, (_job, _output, { sha256 }) => read(sha256));
  const { metrics, ledgers } = artifacts;
  const [first] = [...metrics.unusable, ...ledgers.unusable];
  if (first !== undefined) throw first.error;
  return merge(artifacts);
}

/** All metrics in one flat object, sorted by name, but for those left out. */
const mergeMetrics = (
  given: readonly { job: string; value: Metrics }[],
  leftOut: ReadonlySet<string>,
): Metrics =>
  Object.fromEntries(
    given.flatMap(({ job, value }) =>
      Object.entries(value).map(([metric, measured]) =>
        [metricName(job, metric), measured] as const
      )
    ).filter(([name]) => !leftOut.has(name)).sort(([a], [b]) => a < b ? -1 : 1),
  );

/** True if every claim is decided, every control behaved and no name is shared. */
export const isAsExpected = ({ ledger, collisions }: Gathered): boolean =>
  isSettled(ledger) && collisions.length === 0;

/** The files of a run that are made of what its jobs gave. */
export const gatheredNames = ["metrics.json", "claims.json", "claims.md", "summary.txt"] as const;

/** Columns of the summary: it is a file, so it has one width. */
const summaryColumns = 100;

/** Their text, by name. */
export const gatheredFiles = (
  manifest: Manifest,
  { metrics, ledger, collisions }: Gathered,
): Record<(typeof gatheredNames)[number], string> => ({
  "metrics.json": JSON.stringify(metrics, floatsInJson, 2) + "\n",
  "claims.json": canonicalText(Ledger, ledger) + "\n",
  "claims.md": claimsTableMarkdown(manifest.run, ledger),
  "summary.txt": printable(laidOut(summaryOf(manifest, ledger, collisions), summaryColumns)),
});
