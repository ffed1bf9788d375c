/**
 * Compares the charts and the sections that show them, from small fixed inputs, with golden files. A new
 * file that differs is left under tests/tmp/charts/; copy it over the golden one to accept it.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { Ajv } from "ajv";
import { dirname, join } from "node:path";
import { SaxesParser } from "saxes";
import { warningsOf } from "../../support/vega_warnings.ts";
import schema from "vega-lite/vega-lite-schema.json" with { type: "json" };
import type { Section } from "../../../schemas/run/report_section.ts";
import type { ChartSpec } from "../../../stages/visualize/chart_outputs.ts";
import { openRenderer } from "../../../stages/visualize/charts/render.ts";
import { drawingStages, drawn, effects } from "../../fixtures/charts/charts_stages.ts";
import { goldenFile, root } from "../../support/checkout.ts";

interface Drawn {
  stage: string;
  files: Map<string, Uint8Array>;
}

let all: Promise<Drawn[]> | undefined;

/** Everything is drawn once for all tests. */
const everything = (): Promise<Drawn[]> =>
  all ??= (async () => {
    const results: Drawn[] = [];
    for (const one of drawingStages) {
      results.push({ stage: one.stage.name, files: await drawn(one) });
    }
    return results;
  })();

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

async function specs(): Promise<{ name: string; chart: string; spec: ChartSpec; svg: string }[]> {
  return (await everything()).flatMap(({ stage, files }) =>
    [...files].filter(([file]) => file.endsWith(".vl.json")).map(([file, bytes]) => ({
      name: `${stage}/${file}`,
      chart: file,
      spec: JSON.parse(text(bytes)),
      svg: text(files.get(file.replace(/\.vl\.json$/, ".svg"))!),
    }))
  );
}

Deno.test("specifications, pictures and sections are the golden ones, byte for byte", async () => {
  const differing: string[] = [];
  for (const { stage, files } of await everything()) {
    for (const [file, bytes] of files) {
      if (file.endsWith(".png")) continue;
      const expected = await Deno.readFile(goldenFile(`charts/${stage}/${file}`)).catch(() =>
        undefined
      );
      if (expected !== undefined && text(expected) === text(bytes)) continue;
      const found = join(root, "tests", "tmp", "charts", stage, file);
      await Deno.mkdir(dirname(found), { recursive: true });
      await Deno.writeFile(found, bytes);
      differing.push(
        `${join("tests", "golden", "charts", stage, file)}: see ${found.slice(root.length)}`,
      );
    }
  }
  assertEquals(differing, []);
});

Deno.test("there is no golden file of a chart that is gone", async () => {
  const drawn = new Set(
    (await everything()).flatMap(({ stage, files }) =>
      [...files.keys()].map((file) => `${stage}/${file}`)
    ),
  );
  for await (const { name: stage } of Deno.readDir(goldenFile("charts"))) {
    for await (const { name } of Deno.readDir(goldenFile(`charts/${stage}`))) {
      assert(drawn.has(`${stage}/${name}`), `${stage}/${name}`);
    }
  }
});

Deno.test("every specification fits Vega-Lite's JSON schema; one that does not is found", async () => {
  const validate = new Ajv({ strict: false, validateFormats: false }).compile(schema);
  const all = await specs();
  assert(all.length >= 35, `${all.length} charts`);
  for (const { name, spec } of all) {
    assert(validate(spec), `${name}: ${JSON.stringify(validate.errors?.slice(-3))}`);
  }
  const [{ spec }] = all.filter(({ chart }) => chart === "neurons-by-dimension.vl.json");
  assert(!validate({ ...spec, mark: { type: "curve" } }));
  assert(!validate({ ...spec, encoding: { x: { field: "dimension", type: "number" } } }));
});

Deno.test("every specification compiles without a warning", async () => {
  for (const { name, spec } of await specs()) {
    assertEquals(warningsOf(spec), [], name);
  }
});

Deno.test("every chart has a title, a text alternative with values, and fits a page's column", async () => {
  for (const { name, spec, svg } of await specs()) {
    const { title, description } = spec as unknown as {
      title: { text: string | string[] };
      description: string;
    };
    assertMatch([title.text].flat().join(" "), /^[\p{Lu}\d].{20,}$/u, name);
    assertMatch(description, /\d/, name);
    assertMatch(description, /^.{40,}\.$/s, name);
    const [, width] = /<svg[^>]* width="([\d.]+)"/.exec(svg)!;
    assert(Number(width) <= 790 || name.includes("network-"), `${name}: ${width} pixels wide`);
  }
});

Deno.test("no text is cut off, and no value is missing", async () => {
  for (const { name, svg } of await specs()) {
    const letters = [...svg.matchAll(/<(?:text|tspan)[^>]*>([^<]*)</g)].map(([, text]) => text);
    assert(letters.length > 1, name);
    for (const text of letters) {
      assert(!/…|NaN|undefined|null|Infinity/.test(text), `${name}: ${text}`);
    }
  }
});

Deno.test("the same specification gives the same bytes again, in whatever order", async () => {
  const renderer = await openRenderer(effects);
  const files = new Map((await everything()).flatMap(({ files }) => [...files]));
  // One of each kind: facets, concatenation, images, layers.
  const chosen = ["box", "controls", "samples", "relu-density"];
  for (const chart of chosen.reverse()) {
    const { svg, png } = await renderer.render(
      JSON.parse(text(files.get(`${chart}.vl.json`)!)) as ChartSpec,
    );
    assertEquals(svg, text(files.get(`${chart}.svg`)!), chart);
    assertEquals(png, files.get(`${chart}.png`)!, chart);
  }
});

const oneOfMany =
  /\b1 (epochs|images|digits|functions|settings|rows|values|neurons|points|sets|dimensions|layers)\b/;

const textsOf = ({ blocks, highlight }: Section): string[] => [
  ...blocks.flatMap((block) => block.kind === "text" ? [block.markdown] : []),
  ...highlight === undefined ? [] : [highlight.sentence],
];

Deno.test("each question has a small chart and a sentence for the head of the report", async () => {
  const titles = (await everything()).flatMap(({ files }) =>
    (JSON.parse(text(files.get("section.json")!)) as Section).highlight?.title ?? []
  );
  assertEquals(titles.map((title) => title.slice(0, 10)), [1, 2, 3, 4].map((n) => `Question ${n}`));
});

Deno.test("texts of a picture keep their width in any font", async () => {
  let texts = 0;
  for (const { name, svg } of await specs()) {
    const [, width] = /<svg[^>]* width="([\d.]+)"/.exec(svg)!;
    new SaxesParser().write(svg).close();
    for (const [whole, attributes, letters] of svg.matchAll(/<t(?:ext|span)([^>]*)>([^<]{2,})</g)) {
      const length = Number(/ textLength="([\d.]+)"/.exec(attributes)?.[1]);
      assert(length > 0 && length < Number(width), `${name}: ${whole}`);
      assert(attributes.includes(`lengthAdjust="spacingAndGlyphs"`), `${name}: ${letters}`);
      texts++;
    }
  }
  assert(texts > 500, `${texts} texts`);
});

Deno.test("a PNG states its resolution, two pixels for one of its SVG", async () => {
  const { decode } = await import("fast-png");
  for (const { files } of await everything()) {
    for (const [file, bytes] of files) {
      if (!file.endsWith(".png")) continue;
      const { resolution, width } = decode(bytes, { checkCrc: true });
      // 192 dots per inch in dots per metre.
      assertEquals(resolution, { x: 7559, y: 7559, unit: 1 }, file);
      const svg = text(files.get(file.replace(/\.png$/, ".svg"))!);
      assertEquals(width, 2 * Number(/ width="(\d+)"/.exec(svg)![1]), file);
    }
  }
});

Deno.test("a section shows every chart of its stage, once, and no other", async () => {
  const ids = new Set<string>();
  for (const { stage, files } of await everything()) {
    const section = JSON.parse(text(files.get("section.json")!)) as Section;
    const { highlight } = section;
    const shown = [
      ...highlight === undefined ? [] : [highlight.chart],
      ...section.blocks.flatMap((block) => block.kind === "chart" ? [block.output] : []),
    ];
    const charts = [...files.keys()].filter((file) => file.endsWith(".vl.json"));
    assertEquals(shown.toSorted(), charts.toSorted(), stage);
    assert(!ids.has(section.id), section.id);
    ids.add(section.id);
    for (const markdown of textsOf(section)) {
      assert(!/(?<!is )NaN|undefined|null|Infinity|\[object/.test(markdown), markdown);
      assertEquals(markdown.split("$").length % 2, 1, `unpaired $: ${markdown}`);
      assert(!/\b(?:-|−)?0\.0+\b(?!\d)/.test(markdown), `a value rounded to 0: ${markdown}`);
      assert(!oneOfMany.test(markdown), `one of many: ${markdown}`);
    }
  }
});
