/** Tests that a chart's specification fits the width there is. */
import { assert, assertEquals } from "@std/assert";
import {
  fit,
  narrowerLegends,
  stacked,
  stretched,
} from "../../../pipeline/report/client/fitted_chart.ts";

type Json = Record<string, unknown>;

/** Draws nothing: the width is that of the panels in a row, of the axis beside each, and of the legend. */
function drawing(axis: number, legend = 0) {
  const drawn: Json[] = [];
  const widthOf = (spec: Json): number => {
    const panels = spec.hconcat ?? spec.vconcat;
    if (!Array.isArray(panels)) return (spec.width as number) + axis;
    const all = panels.map(widthOf);
    return spec.hconcat === undefined ? Math.max(...all) : all.reduce((sum, one) => sum + one, 0);
  };
  const columns = (spec: Json) =>
    (spec.encoding as { color?: { legend?: { columns: number } } } | undefined)?.color?.legend
      ?.columns ?? 0;
  return {
    drawn,
    draw(spec: Json) {
      drawn.push(spec);
      return Promise.resolve(Math.max(widthOf(spec), columns(spec) * legend));
    },
    width: (spec: Json) => Math.max(widthOf(spec), columns(spec) * legend),
  };
}

Deno.test("one view takes the width that is left beside its axis, in two drawings", async () => {
  for (const available of [320, 516, 1064]) {
    const { drawn, draw, width } = drawing(76);
    await fit({ width: 680, height: 340 }, { available, natural: 756 }, draw);
    const found = width(drawn.at(-1)!);
    assert(found <= available && found > available - 8, `${found} of ${available}`);
    assert(drawn.length <= 3, `${drawn.length} drawings`);
  }
});

Deno.test("panels stand below each other where they would be too narrow", async () => {
  const spec = { hconcat: [{ width: 265 }, { width: 265 }] };
  const wide = drawing(60);
  await fit(spec, { available: 700, natural: 650 }, wide.draw);
  assert(Array.isArray(wide.drawn.at(-1)!.hconcat));
  const narrow = drawing(60);
  await fit(spec, { available: 220, natural: 650 }, narrow.draw);
  const last = narrow.drawn.at(-1)!;
  assert(Array.isArray(last.vconcat) && narrow.width(last) <= 220);
  assertEquals(stacked({ columns: 5, spec: { width: 114 } }, 0.5).columns, 2);
  assertEquals(stacked({ columns: 2, spec: { width: 300 } }, 1).columns, 2);
});

Deno.test("a legend takes more lines where it is wider than the chart", async () => {
  const { drawn, draw, width } = drawing(60, 150);
  const spec = { width: 680, encoding: { color: { legend: { columns: 4 } } } };
  await fit(spec, { available: 340, natural: 740 }, draw);
  assert(width(drawn.at(-1)!) <= 340, `${width(drawn.at(-1)!)}`);
  assertEquals(narrowerLegends({ encoding: { color: { legend: { columns: 1 } } } }), undefined);
});

Deno.test("a narrow chart is lower, unless it says that its height stays", () => {
  assertEquals(stretched({ width: 600, height: 340 }, 0.5), { width: 300, height: 210.8 });
  assertEquals(stretched({ width: 600, height: 340 }, 2), { width: 1200, height: 340 });
  const usermeta = { resize: "width" };
  const diagram = stretched({ width: 600, height: 340, usermeta }, 0.5);
  assertEquals(diagram, { width: 300, height: 340, usermeta });
});

Deno.test("a chart that is resized as a picture is drawn once, as it is", async () => {
  const { drawn, draw } = drawing(60);
  const spec = { width: 680, usermeta: { resize: "picture" } };
  await fit(spec, { available: 300, natural: 740 }, draw);
  assertEquals(drawn, [spec]);
});

/** The titles below x axes, anywhere in a specification. */
const titlesOf = (spec: unknown): unknown[] =>
  typeof spec !== "object" || spec === null
    ? []
    : Object.entries(spec).flatMap(([name, value]) =>
      name === "x" && "title" in value ? [value.title] : titlesOf(value)
    );

Deno.test("a title below an axis takes lines that are no wider than a narrow chart", () => {
  const title = "Measured over predicted second moment; grey: ±18 %";
  const encoding = { x: { field: "ratio", title } };
  const spec = { vconcat: [{ width: 300, layer: [{ encoding }] }, { width: 300, encoding }] };
  assertEquals(titlesOf(stretched(spec, 2)), [title, title]);
  for (const lines of titlesOf(stretched(spec, 0.5))) {
    assert(Array.isArray(lines) && lines.length === 3, JSON.stringify(lines));
    assertEquals(lines.join(" "), title);
  }
});

Deno.test("fewer panels stand in a row where their heads keep them narrow", async () => {
  const head = 160;
  const drawn: Json[] = [];
  const draw = (spec: Json) => {
    drawn.push(spec);
    const { columns, spec: panel } = spec as { columns: number; spec: { width: number } };
    return Promise.resolve(60 + columns * (20 + Math.max(head, panel.width)));
  };
  await fit({ columns: 3, spec: { width: 190 } }, { available: 510, natural: 690 }, draw);
  const { columns, spec } = drawn.at(-1) as { columns: number; spec: { width: number } };
  assertEquals(columns, 2);
  assert(spec.width > 180, `${spec.width} pixels`);
});

Deno.test("each panel has its axis where the last row is not full, and a full column has one", () => {
  const values = ["a", "a", "b", "c"].map((panel) => ({ panel }));
  const facet = { field: "panel" };
  const spec = { columns: 3, facet, data: { values }, spec: { width: 190 } };
  const resolveOf = (factor: number) => stacked(spec, factor).resolve;
  assertEquals(resolveOf(1), undefined);
  assertEquals(stacked(spec, 0.4).columns, 2);
  assertEquals(resolveOf(0.4), { axis: { x: "independent" } });
  assertEquals(stacked(spec, 0.2), { ...spec, columns: 1 });
  const six = [...values, ...["d", "e", "f"].map((panel) => ({ panel }))];
  assertEquals(stacked({ ...spec, data: { values: six } }, 0.4).resolve, undefined);
});
