/** `fit-line`: a Python program, by what it reads, how it is started and what it leaves. */
import { commandStage, param } from "fanin";
import { z } from "zod";

export const fitLine = commandStage({
  name: "fit-line",
  module: import.meta.url,
  about: "fits a line to points by gradient descent",
  command: ["python3", "fit_line.py", "--rate", param("rate"), "--epochs", param("epochs")],
  parameters: z.strictObject({
    rate: z.number().positive().default(0.1),
    epochs: z.int().positive().default(1000),
  }),
  files: ["fit_line.py"],
  data: { points: "data/points.csv" },
  versions: { python: ["python3", "--version"] },
  outputs: { metrics: "metrics.json" },
});
