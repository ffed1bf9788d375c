/**
 * Gathers what a run's jobs gave that the engine itself reads (metrics, findings and claims) and makes
 * the run's files of it. Those follow from the manifest and the artifacts alone, so a damaged one can
 * be made again.
 */
import type { Ledger } from "../../schemas/claims.ts";
import type { Manifest, ManifestJob } from "../../schemas/manifest.ts";
import type { Metrics } from "../../schemas/metrics.ts";
import { Failed } from "../event.ts";
import { canonicalJson } from "../format/json.ts";
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

/** A job's name without the part before the first "/": the metrics of the job appear under it. */
export const subjectOf = (job: string): string =>
  job.slice(job.indexOf("/") + 1).replaceAll("/", ".");

/** All metrics in one flat object, sorted by name. */
function mergeMetrics(given: readonly { job: string; value: Metrics }[]): Metrics {
  const from = new Map<string, string>();
  const merged: Metrics = {};
  for (const { job, value } of given) {
    for (const [metric, measured] of Object.entries(value)) {
      const name = `${subjectOf(job)}.${metric}`;
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
  "metrics.json": JSON.stringify(metrics, null, 2) + "\n",
  "claims.json": canonicalJson(ledger) + "\n",
  "claims.md": ledgerMarkdown(manifest.run, ledger),
  "summary.txt": summaryText(manifest, findings, ledger),
});
