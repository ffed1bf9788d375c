/** A recorded run made by hand, with every kind of output that a report shows, and hostile texts in it. */
import { join } from "node:path";
import type { Claim, Control, Ledger } from "../../../schemas/run/judged_claims.ts";
import type { Manifest, ManifestJob } from "../../../schemas/run/manifest.ts";
import type { Section } from "../../../schemas/run/report_section.ts";
import { sha256Of } from "../../../pipeline/store/sha256.ts";
import type { ChartSpec } from "../../../stages/visualize/chart_outputs.ts";
import { openRenderer } from "../../../stages/visualize/charts/render.ts";
import { themed } from "../../../stages/visualize/charts/chart_theme.ts";
import { writeText } from "../copied_files.ts";

/** Would run, or break out of where it stands, if it were not escaped. */
const hostile = `</script><script>window.hacked=1</script><img src=x onerror="window.hacked=1">'"&`;

export const runId = "20260102T030405Z-report";

const values = Array.from({ length: 21 }, (_, epoch) => ({
  epoch,
  loss: 2.3 * Math.exp(-epoch / 8),
  run: "measured",
}));

const x = { field: "epoch", type: "quantitative", title: "Epoch" };
const y = { field: "loss", type: "quantitative", title: "Loss (nats)" };
const say = (title: string) => ({ title, subtitle: "Made for a test", description: `${title}.` });

const charts: Record<string, ChartSpec> = {
  curve: themed(say("The loss falls"), {
    data: { values },
    encoding: { x, y: { ...y, scale: { type: "log" } } },
    layer: [{ mark: "line" }, { mark: "point" }],
  }),
  bars: themed(say("Seven is confused most"), {
    data: { values: [{ digit: "4", count: 12 }, { digit: "7", count: 31 }] },
    mark: "bar",
    encoding: {
      x: { field: "digit", type: "nominal" },
      y: { field: "count", type: "quantitative" },
    },
  }),
  cells: themed(say("A matrix of counts"), {
    data: {
      values: [0, 1, 2].flatMap((a) => [0, 1, 2].map((b) => ({ a, b, n: a === b ? 90 : 5 }))),
    },
    mark: "rect",
    encoding: {
      x: { field: "b", type: "ordinal" },
      y: { field: "a", type: "ordinal" },
      color: { field: "n", type: "quantitative" },
    },
  }),
};

const conditions = [1, 64, 512].map((n) => ({
  condition: `n = ${n}`,
  estimate: 1 + 1 / (10 * n),
  standardError: 0.01,
  interval: { low: 0.98 + 1 / (10 * n), high: 1.02 + 1 / (10 * n) },
  band: { low: 0.9, high: 1.2 },
  p: 0.4,
  power: 1,
  sampleSize: n,
  position: "inside" as const,
}));

const claim = (id: string, verdict: Claim["verdict"], statement: string): Claim => ({
  id,
  statement,
  source: "Question 2",
  implied: false,
  analytic: "By theory it is 1.",
  rule: "Confirmed if every part holds.",
  parts: [{
    assertion: "It is about 1.",
    quantity: "the ratio",
    bandReason: "a tenth",
    test: "t interval over 200 draws",
    confidence: 0.95,
    conditions,
    outcome: "holds",
  }],
  verdict,
  sentence: "It is 1.00.",
  remarks: [`The median was 0.99. ${hostile}`],
  decidedBy: null,
});

const control: Control = {
  id: "Q2-control.wrong-factor",
  statement: "A wrong factor is found out.",
  kind: "negative",
  part: { ...claim("Q2a.one", "confirmed", "").parts[0], outcome: "fails" },
  behaved: true,
};

const ledger: Ledger = {
  claims: [
    claim("Q1.box", "qualified", "Two neurons give a box."),
    claim("Q2a.forward", "confirmed", "The variance is kept."),
    claim("Q2c.number", "refuted", `It is printed as 0.308. ${hostile}`),
  ],
  controls: [control],
};

const section: Section = {
  id: "question-2",
  title: `Question 2 ${hostile}`,
  highlight: {
    title: "Question 2",
    sentence: "The variance is $n\\sigma^2$.",
    chart: "curve.vl.json",
  },
  blocks: [
    {
      kind: "text",
      markdown: `The *variance* is $\\sigma^2 = \\frac{1}{n}$ ${hostile}\n\n` +
        "[a link](javascript:window.hacked=1) and ![x](https://example.org/x.png)",
    },
    { kind: "formula", tex: "\\sum_{i=1}^{n} w_i^2 \\approx \\sqrt{\\tfrac{n}{2}}" },
    { kind: "formula", tex: "\\frac{1" },
    { kind: "chart", output: "curve.vl.json", caption: "The *loss* by epoch." },
    {
      kind: "table",
      caption: "Losses",
      columns: [{ label: "Rule", numeric: false }, { label: "Loss", numeric: true }],
      rows: [["He", "0.5"], ["LeCun", "12"], ["Glorot", "−3"], [hostile, 2]],
    },
    { kind: "claims", ids: ["Q2a.forward", "Q2z.absent"] },
  ],
};

/** Outputs of a job by name. */
type Outputs = Record<string, { type: string; value: unknown }>;

/**
 * Writes the run below `artifacts`, as recorded; its bytes are the same each time. `more` are jobs
 * besides, by name.
 */
export async function recordReportRun(
  artifacts: string,
  more: Record<string, Outputs> = {},
): Promise<void> {
  const directory = join(artifacts, "runs", runId);
  const renderer = await openRenderer({
    readPackageFile: (specifier) => Deno.readFile(new URL(import.meta.resolve(specifier))),
  });
  const job = async (
    name: string,
    inputs: ManifestJob["inputs"],
    outputs: Outputs,
    rest: Partial<ManifestJob> = {},
  ): Promise<ManifestJob> => {
    const declared: ManifestJob["outputs"] = {};
    for (const [output, { type, value }] of Object.entries(outputs)) {
      const text = typeof value === "string" ? value : JSON.stringify(value);
      const file = `${name}/${output}`;
      await writeText(join(directory, file), text);
      declared[output] = {
        sha256: sha256Of(text),
        size: new TextEncoder().encode(text).length,
        type,
        mediaType: "text/plain",
        tolerance: { kind: "exact" },
        file,
      };
    }
    return {
      name,
      stage: name.split("/")[0],
      parameters: { note: hostile },
      status: "ran",
      key: sha256Of(name),
      lines: [`stage ${name.split("/")[0]}`, `param note ${JSON.stringify(hostile)}`],
      inputs,
      outputs: declared,
      started: "2026-01-02T03:04:06.000Z",
      seconds: 12.5,
      ...rest,
    };
  };
  const drawn: Outputs = {};
  for (const [name, spec] of Object.entries(charts)) {
    drawn[`${name}.vl.json`] = { type: "vega-lite-spec", value: spec };
    drawn[`${name}.svg`] = { type: "chart-svg", value: (await renderer.render(spec)).svg };
  }
  const from = (job: string, output: string) => ({ [output]: { job, output } });
  const jobs = [
    await job("train/small", {}, { history: { type: "history", value: values } }),
    await job("claims/theory", from("train/small", "history"), {
      claims: { type: "ledger", value: ledger },
    }, { status: "cached" }),
    await job("visualize/question-2", from("train/small", "history"), {
      ...drawn,
      section: { type: "section", value: section },
    }),
    await job("visualize/broken", from("train/small", "history"), {}, {
      status: "failed",
      error: `visualize/broken failed: ${hostile}`,
      seconds: undefined,
      started: undefined,
    }),
    ...await Promise.all(Object.entries(more).map(([name, outputs]) => job(name, {}, outputs))),
  ];
  const manifest: Manifest = {
    version: 1,
    run: runId,
    identity: sha256Of("identity"),
    status: "failed",
    experiment: {
      name: "report",
      about: `a run for a test ${hostile}`,
      backends: ["webgpu"],
      parameters: { "train/small": { note: hostile } },
    },
    started: "2026-01-02T03:04:05.000Z",
    seconds: 40,
    environment: {
      deno: "2.9.6",
      v8: "14",
      typescript: "5",
      os: "linux",
      kernel: "6",
      arch: "x86_64",
      cpu: hostile,
      cores: 2,
      adapter: null,
      driver: null,
      packages: { zod: "4.6.7" },
      git: null,
    },
    jobs,
  };
  await Deno.writeTextFile(join(directory, "manifest.json"), JSON.stringify(manifest));
}
