/** A run of the quick experiment on two cores, after an edit of a kernel: what the terminal's picture shows. */
import type { Event } from "../../pipeline/engine/event.ts";
import type { RunSummary } from "../../pipeline/terminal/run_screen.ts";
import { styled } from "../../pipeline/terminal/styled.ts";

export const command = "deno task reproduce --experiment quick";

const edited = (stage: string) => [
  `code of ${stage} (stages/networks/wasm/perceptron_wat.ts, +16 −46; stages/networks/wasm/wat.ts, new)`,
  "other bytes of its input initial, from init-check/mnist-scratch",
];

const [orders, untrained] = ["summation-orders/mnist-scratch", "evaluate/mnist-untrained"];

/** Jobs that had ended by then, those that were left, and the seconds that each took. */
const ended = Array.from({ length: 28 }, (_, i) => `ended-${i}`);
const left = Array.from({ length: 34 }, (_, i) => `left-${i}`);

/** Events up to the moment of the picture, each at its second; the last time is that moment. */
export const events: readonly (readonly [second: number, event?: Event])[] = [
  [0, {
    type: "begun",
    width: 2,
    jobs: [
      ...ended.map((job) => ({ job, needs: [], seconds: 1 })),
      { job: orders, needs: [], seconds: 5 },
      { job: untrained, needs: [], seconds: 4 },
      ...left.map((job) => ({ job, needs: [orders], seconds: 0.5, isOpen: true })),
    ],
  }],
  ...ended.map((job) => [2, { type: "success", reason: "ran", job, seconds: 1 }] as const),
  [2, { type: "started", job: orders, about: "", why: edited("summation-orders") }],
  [2, { type: "started", job: untrained, about: "", why: edited("evaluate-untrained") }],
  [6, { type: "progress", job: orders, done: 4, total: 5, unit: "orders" }],
  [6, { type: "progress", job: untrained, done: 180, total: 200, unit: "networks" }],
  [6],
];

/** Seconds of the whole run. */
export const took = 11.5;

export const summary: RunSummary = {
  experiment: "quick",
  state: "complete",
  outcome: "good",
  jobs: "64 jobs: 30 ran, 34 cached",
  metrics: [
    { name: "expressivity.order.gaussian", found: "0.9988" },
    { name: "fashion-mlp.test-accuracy", found: "0.351" },
    { name: "fashion-mlp.test-loss.epoch-1", found: "2.26" },
    { name: "fashion-logistic.test-accuracy", found: "0.679" },
    { name: "mnist-scratch.test-correct.epoch-3", found: "9277", expected: "9277", passed: true },
  ],
  notes: [
    {
      label: "Claims",
      text: ["45 of the source: 24 confirmed, 10 qualified, 11 refuted; 1 of ours: 1 confirmed"],
    },
    {
      label: "",
      text: [styled("strong", "refuted"), ": "],
      names: [
        ...["Q1.sign", "Q2c.rule-stable", "Q2c.number", "Q2c.reason", "Q2d.identity", "Q2e.halves"],
        ...["Q2e.two", "Q2e.attribution", "Q4.listing", "Q4.unit-std", "Q4.clip"],
      ],
    },
    { label: "Grade", text: ["77 of 77 items, 75 of 75 points"] },
    {
      label: "Reference",
      text: [
        "not compared with 20261130T145242Z-assignment, which is of the experiment assignment",
      ],
    },
    { label: "Report", text: ["artifacts/runs/20261130T153640Z-quick/report.html"] },
  ],
};
