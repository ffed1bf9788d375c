/**
 * A run against the reference: what agrees and by how much, in a few lines, and whether that is a yes.
 *
 * What may fairly be asked depends on where the two ran. On the same machine everything must agree
 * within its tolerance, which for what is computed in float64 is the same bytes. A job that names
 * another adapter, and what follows from it, is judged by the figures of which there are replicates. A
 * job that names another processor, Deno or V8 is compared and told, and does not decide.
 */
import type { Comparison, Rung } from "../../schemas/comparison.ts";
import type { Manifest, ManifestJob } from "../../schemas/manifest.ts";
import { Failed, wordFailure } from "../event.ts";
import { canonicalJson } from "../format/json.ts";
import { labelled } from "../key.ts";
import { hasReference } from "../reference.ts";
import type { RunSource } from "../run_source.ts";
import { openRunSource } from "../runs/open_run.ts";
import { count } from "../table.ts";
import { compareRuns } from "./compare.ts";
import { outputWords } from "./describe.ts";
import type { MetricSpread } from "./figures.ts";
import { escaped } from "../terminal.ts";
import { isWorse } from "./ladder.ts";
import { spreadsFor } from "./spreads.ts";

export interface ReferenceVerdict {
  /** False where something differs beyond what may be asked. */
  agrees: boolean;
  /** For the summary; without a line break at the end. */
  text: string;
  /** For programs. */
  report: {
    run: string;
    compared: boolean;
    agrees: boolean;
    rungs: Partial<Record<Rung, number>>;
    sentence: string;
  };
}

/** Artifacts that are listed by name. */
const most = 6;

/**
 * The verdict on a run of this project; undefined where there is no reference. One that cannot be read
 * is told and makes the answer no: the run itself is recorded by then.
 */
export async function againstReference(
  artifacts: string,
  run: string,
): Promise<ReferenceVerdict | undefined> {
  if (!hasReference(artifacts)) return undefined;
  try {
    const [reference, own] = ["reference", run].map((name) => openRunSource(artifacts, name));
    return await verdictOn(reference, own, spreadsFor(artifacts, reference, own));
  } catch (error) {
    if (!(error instanceof Failed)) throw error;
    const sentence = `Not compared with the reference run: ${wordFailure(error.failure)}`;
    const report = { run: "reference", compared: false, agrees: false, rungs: {}, sentence };
    return { agrees: false, text: sentence, report };
  }
}

async function verdictOn(
  reference: RunSource,
  own: RunSource,
  spreads: ReadonlyMap<string, MetricSpread>,
): Promise<ReferenceVerdict> {
  const name = reference.manifest.run;
  const other = otherExperiment(reference.manifest, own.manifest);
  if (other !== undefined) {
    const sentence = `Not compared with the reference run, which is of ${other}.`;
    const report = { run: name, compared: false, agrees: true, rungs: {}, sentence };
    return { agrees: true, text: sentence, report };
  }
  const inReference = new Set(reference.manifest.jobs.map((job) => job.name));
  const jobs = own.manifest.jobs.map((job) => job.name);
  const levels = fairLevels(reference.manifest, own.manifest);
  const comparison = await compareRuns(reference, own, {
    level: "within",
    levelOf: (job) => levels.get(job) ?? "within",
    spreads,
    mayHaveMore: true,
    rehash: false,
    pictures: false,
    jobs: new Set(jobs.filter((job) => inReference.has(job))),
  });
  const fresh = jobs.filter((job) => !inReference.has(job));
  const agrees = comparison.verdict !== "differ";
  const rungs: Partial<Record<Rung, number>> = {};
  for (const { rung } of comparison.outputs) rungs[rung] = (rungs[rung] ?? 0) + 1;
  const { sentence } = comparison;
  return {
    agrees,
    text: verdictText(name, comparison, fresh),
    report: { run: name, compared: true, agrees, rungs, sentence },
  };
}

/** What the reference is of, if not of the same experiment with the same parameters. */
function otherExperiment(reference: Manifest, own: Manifest): string | undefined {
  const [a, b] = [reference.experiment, own.experiment];
  if (a.name !== b.name) return `the experiment ${a.name}`;
  const parameters = canonicalJson(a.parameters) === canonicalJson(b.parameters);
  return parameters ? undefined : "the same experiment with other parameters";
}

const device = ["env backend", "env adapter", "env driver"];
const processor = ["env arch", "env os", "env deno", "env v8"];

/** The level for each job that names another machine than the reference's, and all that need it. */
function fairLevels(reference: Manifest, own: Manifest): Map<string, Rung> {
  const before = new Map(reference.jobs.map((job) => [job.name, job]));
  const levels = new Map<string, Rung>();
  for (const job of own.jobs) {
    const other = before.get(job.name);
    const inherited = Object.values(job.inputs).map((input) => levels.get(input.job))
      .filter((level) => level !== undefined);
    const differs = other === undefined ? () => false : differing(other, job);
    const levelsHere = [
      ...inherited,
      ...(device.some(differs) ? ["consistent" as const] : []),
      ...(processor.some(differs) ? ["missing" as const] : []),
    ];
    // Figures with replicates decide wherever a device comes in, on whatever processor.
    const level = levelsHere.includes("consistent") ? "consistent" : levelsHere[0];
    if (level !== undefined) levels.set(job.name, level);
  }
  return levels;
}

function differing(a: ManifestJob, b: ManifestJob): (label: string) => boolean {
  const valueOf = ({ lines }: ManifestJob, label: string) =>
    lines.map(labelled).find((line) => line.label === label)?.value;
  return (label) => valueOf(a, label) !== valueOf(b, label);
}

function verdictText(name: string, comparison: Comparison, fresh: readonly string[]): string {
  const { metrics, sentence, verdict } = comparison;
  const outputs = comparison.outputs.filter(({ a }) => a !== null);
  const more = comparison.outputs.length - outputs.length;
  const by = Map.groupBy(outputs, ({ rung }) => rung);
  const number = (rung: Rung) => by.get(rung)?.length ?? 0;
  const unread = number("missing") - outputs.filter(({ b }) => b === null).length;
  const head = `Against the reference run ${name}: `;
  const lines: string[] = [];
  if (number("identical") === outputs.length) {
    lines.push(`${head}the same bytes in all ${count(outputs.length, "artifact")}.`);
  } else {
    const parts = [
      `${number("identical")} of ${count(outputs.length, "artifact")} have the same bytes`,
      ...(number("equal") > 0 ? [`${number("equal")} the same values`] : []),
      ...(number("within") > 0 ? [`${number("within")} agree within tolerance`] : []),
      ...(number("different") > 0 ? [`${number("different")} differ`] : []),
      ...(unread > 0
        ? [`${unread} have other bytes, and those of the reference were not committed`]
        : []),
    ];
    lines.push(`${head}${parts.join(", ")}.`, `  ${sentence}`);
  }
  const consistent = metrics.filter(({ rung }) => rung === "consistent").length;
  if (consistent > 0) {
    lines.push(`  ${count(consistent, "metric")} differ as runs with other seeds do (replicates).`);
  }
  const beyond = [...outputs, ...metrics].filter(({ rung }) => rung === "different");
  const gone = outputs.filter(({ b }) => b === null);
  const deciding = [...beyond, ...gone].filter(({ counts }) => counts);
  for (const one of deciding.slice(0, most)) {
    lines.push(
      "output" in one
        ? `  DIFFERS  ${one.job} ${one.output}: ${
          one.b === null ? "only in the reference" : outputWords(one)
        }`
        : `  DIFFERS  ${one.name}: ${one.a} in the reference, ${one.b} here`,
    );
  }
  if (deciding.length > most) lines.push(`  and ${deciding.length - most} more`);
  if (verdict !== "differ" && beyond.length > 0) {
    lines.push(`  It ran on another machine, so that what differs does not decide.`);
  }
  if (more > 0) lines.push(`  ${count(more, "artifact")} more, which the reference does not have.`);
  if (fresh.length > 0) {
    lines.push(
      `  ${count(fresh.length, "job")} not in the reference: ${fresh.slice(0, 3).join(", ")}${
        fresh.length > 3 ? ", …" : ""
      }.`,
    );
  }
  if (outputs.some(({ rung }) => isWorse(rung, "identical"))) {
    lines.push(`  "deno task diff reference ${comparison.b.run}" tells more.`);
  }
  return lines.map(escaped).join("\n");
}
