/** The data that a run must rest on: the published files, and what is made of them. */
import { dataSets } from "../../download/catalogue.ts";
import type { DataSetName } from "../../download/source.ts";
import { type ItemInput, measured, metric } from "./expected_item.ts";

/** Mean of all training pixels in [0, 1], to four decimals, as they are commonly quoted. */
const pixelMeans: Record<DataSetName, number> = { "mnist": 0.1307, "fashion-mnist": 0.286 };

/** `whole`: the experiment uses every image of the set. */
export function dataItems(name: DataSetName, whole: boolean): ItemInput[] {
  const group = "Data";
  return [
    ...dataSets[name].files.map((file): ItemInput => ({
      id: `data.${name}.${file.name}`,
      title: `${name}: ${file.name} as published`,
      group,
      target: { kind: "artifact", job: `download/${name}`, output: file.name },
      expected: { kind: "hash", sha256: file.sha256 },
      points: 0.25,
      message: "use the published file; docs/troubleshooting.md says where it comes from",
      source: measured("the SHA-256 of the file as its authors publish it"),
    })),
    ...(whole
      ? [{
        id: `data.${name}.test-samples`,
        title: `${name}: the whole test set`,
        group,
        target: metric(`${name}.test.samples`),
        expected: { kind: "exact" as const, value: 10_000 },
        points: 0.5,
        message: "evaluate every image of the published test set",
        source: measured("the size of the published test set"),
      }, {
        id: `data.${name}.pixel-mean`,
        title: `${name}: mean of the training pixels`,
        group,
        target: metric(`${name}.train.pixel-mean`),
        expected: { kind: "rounded" as const, value: pixelMeans[name], digits: 4 },
        points: 0.5,
        message: "divide the pixels by 255 and do nothing else to them",
        source: measured("the mean of all training pixels of the published files, over 255"),
      }]
      : []),
  ];
}
