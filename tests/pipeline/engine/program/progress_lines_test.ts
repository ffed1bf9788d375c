/** Tests the lines by which a program reports its progress. */
import { assertEquals } from "@std/assert";
import { parseReport, readReports } from "../../../../pipeline/engine/program/progress_lines.ts";

Deno.test("a report has progress, a unit and metrics", () => {
  assertEquals(parseReport("fanin: 3/25 loss=0.41"), {
    done: 3,
    total: 25,
    unit: "steps",
    metrics: [["loss", 0.41]],
  });
  assertEquals(parseReport("fanin: 25/25 epochs train-loss=-1e-3 acc=.5 n=7\r"), {
    done: 25,
    total: 25,
    unit: "epochs",
    metrics: [["train-loss", -0.001], ["acc", 0.5], ["n", 7]],
  });
  assertEquals(parseReport("fanin: 0/1")?.metrics, []);
});

Deno.test("a training that diverges still reports how far it has come", () => {
  const line = "fanin: 3/25 epochs loss=nan a=-inf b=inf c=NaN d=-Infinity e=+INF f=-nan";
  assertEquals(parseReport(line), {
    done: 3,
    total: 25,
    unit: "epochs",
    metrics: [
      ["loss", NaN],
      ["a", -Infinity],
      ["b", Infinity],
      ["c", NaN],
      ["d", -Infinity],
      ["e", Infinity],
      ["f", NaN],
    ],
  });
});

Deno.test("other lines are no reports", () => {
  for (
    const line of [
      "",
      "fanin:",
      "fanin: 3",
      "fanin: 3 of 25",
      "fanin: 26/25",
      "fanin: 0/0",
      "fanin: -1/25",
      "fanin: 1e3/2e3",
      "fanin: 3/25 loss=none",
      "fanin: 3/25 loss=",
      "fanin: 3/25 loss=0x10",
      "fanin: 3/25 two words",
      " fanin: 3/25",
      "x fanin: 3/25",
    ]
  ) assertEquals(parseReport(line), undefined, line);
});

Deno.test("a report may arrive in pieces, between lines of any length", () => {
  const found: string[] = [];
  const reports = readReports({
    progress: ({ done, total }) => found.push(`${done}/${total}`),
    measured: ({ metric, step, value }) => found.push(`${metric} ${step} ${value}`),
  });
  for (const piece of ["fan", "in: 1/", "2 loss=0", ".5\nx\n", "y".repeat(1e6), "\nfanin: 2/2\n"]) {
    reports.read(piece);
  }
  assertEquals(found, ["1/2", "loss 1 0.5", "2/2"]);
});
