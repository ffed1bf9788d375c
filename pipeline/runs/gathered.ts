/**
 * Gathers what a run's jobs gave that the engine itself reads (metrics and claims) and makes
 * the run's files of it. Those follow from the manifest and the artifacts alone, so a damaged one can
 * be made again.
 */
import type { z } from "zod";
import { Ledger } from "../../schemas/run/judged_claims.ts";
import { floatsInJson } from "../../schemas/run/float_text.ts";
import type { Manifest, ManifestJob } from "../../schemas/run/manifest.ts";
import { Metrics } from "../../schemas/run/metric_name.ts";
import { Failed } from "../engine/event.ts";
import { canonicalText } from "../formats/json.ts";
import { ledger, metrics } from "../formats/metrics.ts";
import { isSettled, ledgerMarkdown, mergeLedgers } from "../claims/claims_table.ts";
import { summaryText } from "./run_summary.ts";
import { wordThrown } from "../engine/thrown.ts";
import { claimCollisions, type Collision, metricCollisions } from "./collisions.ts";
import { metricName } from "./metric_names.ts";

export interface Gathered {
  metrics: Metrics;
  ledger: Ledger;
  /** Names that two jobs give; the metrics and the ledger have none of them. */
  collisions: Collision[];
}

/** Reads the artifacts of the engine's own kinds; `read` gives the bytes of a hash. */
export function gather(
  jobs: readonly Pick<ManifestJob, "name" | "outputs">[],
  read: (sha256: string) => Uint8Array,
): Gathered {
  const given = <T>(type: { kind: string; decode(bytes: Uint8Array): T }) =>
    jobs.flatMap(({ name: job, outputs }) =>
      Object.entries(outputs).filter(([, output]) => output.type === type.kind)
        .map(([output, { sha256 }]) => {
          const bytes = read(sha256);
          try {
            return { job, value: type.decode(bytes) };
          } catch (error) {
            const problem = wordThrown(error);
            throw new Failed({ reason: "unreadable-output", job, output, problem });
          }
        })
    );
  const [metricsGiven, ledgersGiven] = [given(metrics), given(ledger)];
  const sharedMetrics = metricCollisions(metricsGiven);
  const sharedClaims = claimCollisions(ledgersGiven);
  return {
    metrics: mergeMetrics(metricsGiven, new Set(sharedMetrics.map(({ name }) => name))),
    ledger: mergeLedgers(
      ledgersGiven.map(({ value }) => value),
      new Set(sharedClaims.map(({ name }) => name)),
    ),
    collisions: [...sharedMetrics, ...sharedClaims],
  };
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

/** Whether every claim is decided, every control behaved and no name is shared. */
export const isAsExpected = ({ ledger, collisions }: Gathered): boolean =>
  isSettled(ledger) && collisions.length === 0;

/** The files of a run that are made of what its jobs gave. */
export const gatheredNames = ["metrics.json", "claims.json", "claims.md", "summary.txt"] as const;

/** Their text, by name. */
export const gatheredFiles = (
  manifest: Manifest,
  { metrics, ledger, collisions }: Gathered,
): Record<(typeof gatheredNames)[number], string> => ({
  "metrics.json": JSON.stringify(metrics, floatsInJson, 2) + "\n",
  "claims.json": canonicalText(Ledger, ledger) + "\n",
  "claims.md": ledgerMarkdown(manifest.run, ledger),
  "summary.txt": summaryText(manifest, ledger, collisions),
});

/**
 * The first thing in `metrics.json` and `claims.json` that does not follow from the artifacts, undefined
 * if there is none. A whole sentence's end. `files` has the contents of those that there are.
 */
export function gatheredProblem(
  { jobs }: Pick<Manifest, "jobs">,
  files: ReadonlyMap<string, Uint8Array>,
  read: (sha256: string) => Uint8Array,
): string | undefined {
  let gathered: Gathered;
  try {
    gathered = gather(jobs, read);
  } catch (error) {
    // An artifact that is not what its manifest calls it.
    if (error instanceof Failed) return error.message;
    throw error;
  }
  const differs = (file: string, schema: z.ZodType, follows: unknown): string | undefined => {
    const bytes = files.get(file);
    if (bytes === undefined) return undefined;
    let stated: string;
    try {
      stated = canonicalText(schema, schema.parse(JSON.parse(new TextDecoder().decode(bytes))));
    } catch {
      return `${file} does not have the form of one`;
    }
    if (canonicalText(schema, follows) !== stated) {
      return `${file} says other than the artifacts of its jobs`;
    }
  };
  return differs("metrics.json", Metrics, gathered.metrics) ??
    differs("claims.json", Ledger, gathered.ledger);
}
