/** Evidence without a run, and expected metrics for it: what the tests of grading are made with. */
import { Expected, type ExpectedInput } from "../../schemas/run/expected.ts";
import type { Claim } from "../../schemas/run/judged_claims.ts";
import type { Evidence } from "../../pipeline/grade/evidence.ts";
import type { ExpectedFile } from "../../pipeline/grade/expected_file.ts";
import { withGroupPoints } from "../../pipeline/grade/group_points.ts";
import { grade, type Subject } from "../../pipeline/grade/grade_run.ts";
import type { ItemResult } from "../../schemas/run/graded.ts";

export type ItemInput = ExpectedInput["items"][number];

export interface Given {
  metrics?: Record<string, number>;
  /** Claim → verdict. */
  verdicts?: Record<string, Claim["verdict"]>;
  /** "job/output" → bytes. */
  artifacts?: Record<string, Uint8Array>;
}

const evidenceOf = (
  { metrics = {}, verdicts = {}, artifacts = {} }: Given,
): Evidence => ({
  metric: (name) =>
    Object.hasOwn(metrics, name)
      ? { value: metrics[name], jobs: ["evaluate/it"] }
      : { missing: `evaluate/it has no "${name}"` },
  claim: (id) =>
    Object.hasOwn(verdicts, id)
      ? {
        value: { id, verdict: verdicts[id], sentence: "as measured" } as Claim,
        jobs: ["claims/it"],
      }
      : { missing: `no claim ${id}` },
  artifact: (job, output) => {
    const bytes = artifacts[`${job}/${output}`];
    return bytes === undefined ? { missing: `${job} has no ${output}` } : {
      value: {
        sha256: "a".repeat(64),
        size: bytes.length,
        mediaType: "application/octet-stream",
        file: `${job}/${output}`,
        isThere: () => true,
        read: () => bytes,
      },
      jobs: [job],
    };
  },
  parameter: () => undefined,
});

export const subjectOf = (
  given: Given,
  more: Partial<Omit<Subject, "trust">> & { trust?: Partial<Subject["trust"]> } = {},
): Subject => ({
  subject: "20261124T000000Z-test",
  form: "complete",
  experiment: "test",
  started: "2026-11-24T00:00:00.500Z",
  seconds: 12.5,
  deviation: null,
  evidence: evidenceOf(given),
  notes: [],
  ...more,
  trust: trustOf(more.trust),
});

export const trustOf = (more: Partial<Subject["trust"]> = {}): Subject["trust"] => ({
  required: "consistent",
  checks: [],
  problems: [],
  recomputed: [],
  fingerprints: {},
  similar: [],
  ...more,
});

export const fileOf = (
  items: Partial<ItemInput>[],
  more: Partial<ExpectedInput> = {},
): ExpectedFile => ({
  path: "/project/expected.json",
  name: "expected.json",
  sha256: "b".repeat(64),
  expected: withGroupPoints(Expected.parse({
    version: 1,
    title: "A test",
    about: "",
    experiment: "test",
    items: items.map((item, i) => ({
      id: `item-${i + 1}`,
      title: `item ${i + 1}`,
      target: { kind: "metric", name: "accuracy" },
      source: { from: "document", where: "a test" },
      ...item,
    })),
    ...more,
  })),
});

/** The result of one item. */
export const judged = (item: Partial<ItemInput>, given: Given): ItemResult =>
  grade(subjectOf(given), fileOf([item])).items[0];
