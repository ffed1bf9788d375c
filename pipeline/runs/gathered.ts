/**
 * Gathers what a run's jobs gave that the engine itself reads (metrics, findings and claims) and makes
 * the run's files of it. Those follow from the manifest and the artifacts alone, so a damaged one can
 * be made again.
 */
import { Ledger } from "../../schemas/claims.ts";
import { floatsInJson } from "../../schemas/float_text.ts";
import type { Manifest, ManifestJob } from "../../schemas/manifest.ts";
import { type Metrics, nearestName } from "../../schemas/metrics.ts";
import { Failed } from "../event.ts";
import { canonicalText } from "../format/json.ts";
import { findings, ledger, metrics } from "../format/metrics.ts";
import { isSettled, ledgerMarkdown, mergeLedgers } from "../ledger.ts";
import { type JobFindings, summaryText } from "../summary.ts";
import { wordThrown } from "../thrown.ts";

export interface Gathered {
  metrics: Metrics;
  findings: JobFindings[];
  ledger: Ledger;
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
  return {
    metrics: mergeMetrics(given(metrics)),
    findings: given(findings)
      .map(({ job, value }) => ({ subject: subjectOf(job), findings: value })),
    ledger: mergeLedgers(given(ledger).map(({ job, value }) => ({ job, ledger: value }))),
  };
}

/**
 * A job's name without the part before the first "/", as the names of metrics are formed: "train/my mlp"
 * gives "my-mlp".
 */
export const subjectOf = (job: string): string => nearestName(job.slice(job.indexOf("/") + 1));

/** The name under which a run has a metric of a job. */
export const metricName = (job: string, metric: string): string => `${subjectOf(job)}.${metric}`;

/** All metrics in one flat object, sorted by name. */
function mergeMetrics(given: readonly { job: string; value: Metrics }[]): Metrics {
  const from = new Map<string, string>();
  const merged: Metrics = {};
  for (const { job, value } of given) {
    for (const [metric, measured] of Object.entries(value)) {
      const name = metricName(job, metric);
      const other = from.get(name);
      if (other !== undefined) {
        throw new Failed({ reason: "duplicate-metric", name, jobs: [other, job] });
      }
      from.set(name, job);
      merged[name] = measured;
    }
  }
  return Object.fromEntries(Object.entries(merged).sort(([a], [b]) => a < b ? -1 : 1));
}

/** Whether every finding agrees with what was expected, and every claim is decided. */
export const isAsExpected = ({ findings, ledger }: Gathered): boolean =>
  isSettled(ledger) && findings.every((one) => one.findings.every((finding) => finding.agrees));

/** The files of a run that are made of what its jobs gave → their text. */
export const gatheredFiles = (manifest: Manifest, { metrics, findings, ledger }: Gathered) => ({
  "metrics.json": JSON.stringify(metrics, floatsInJson, 2) + "\n",
  "claims.json": canonicalText(Ledger, ledger) + "\n",
  "claims.md": ledgerMarkdown(manifest.run, ledger),
  "summary.txt": summaryText(manifest, findings, ledger),
});
