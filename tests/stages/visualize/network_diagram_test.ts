/** Tests the drawing of a step network: its texts, and that it compiles. */
import { assertEquals } from "@std/assert";
import { bothSigns, box, boxes } from "../../../stages/expressivity/boxes.ts";
import { cells } from "../../../stages/expressivity/cells.ts";
import type { ChartSpec } from "../../../stages/visualize/chart_outputs.ts";
import { networkDiagram } from "../../../stages/visualize/charts/network_diagram.ts";

/** Every text that a drawing's specification shows, sorted. */
function textsOf(spec: ChartSpec): string[] {
  const { layer } = spec as unknown as {
    layer: {
      data: { values: Record<string, string>[] };
      mark: { type: string; stroke?: string };
      encoding: { text?: { field: string } };
    }[];
  };
  return layer.filter(({ mark }) => mark.type === "text" && mark.stroke === undefined)
    .flatMap(({ data, encoding }) => data.values.map((value) => value[encoding.text!.field]))
    .sort();
}

Deno.test("a drawing shows every weight and every bias once, and compiles without a warning", async () => {
  const { warningsOf } = await import("../../support/vega_warnings.ts");
  const shown = (value: number) => String(Number(value.toPrecision(3))).replace("-", "\u2212");
  for (
    const network of [
      box(0.8, 0.5),
      bothSigns(-2.5, 0.3),
      boxes([-1, 0, 1], [1 / 3, -2]),
      cells(2, [-1, 0, 1], [1, 2, 3, 4]),
    ]
  ) {
    const spec = networkDiagram({ title: "t", subtitle: "s", network });
    const neurons = [...network.hidden.flat(), network.output];
    const symbols = [
      ...(network.inputs === 1 ? ["x"] : ["x₁", "x₂"]),
      ...network.hidden.flat().map(({ sign }) => sign === -1 ? "\u2212σ" : "σ"),
      "Σ",
    ];
    const numbers = neurons.flatMap(({ weights, bias }) => [...weights, bias]).map(shown);
    assertEquals(textsOf(spec), [...symbols, ...numbers].sort());
    assertEquals(warningsOf(spec), []);
  }
});
