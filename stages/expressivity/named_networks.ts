/** Lists the networks that are recorded with all their weights and biases. */
import type { Networks } from "../../schemas/assignment/step_networks.ts";
import {
  bothSigns,
  box,
  boxes,
  evenEdges,
  exactBox,
  midpoints,
  sharedEdges,
  signInTextAlone,
} from "./boxes.ts";
import { cells, oneLayerCell } from "./cells.ts";
import { type BoxSetting, type LevelsSetting, threeLevels } from "./exactness.ts";
import { subjects } from "./functions.ts";

/** Boxes or cells along each axis in the networks that are written down and drawn. */
const smallN = { boxes: 4, cells: 2 };
/** The function of those boxes: its values at four midpoints all differ. */
const { f: example, formula } = subjects.kinked;

/** With a minus sign, not a hyphen. */
const shown = (value: number): string => String(value).replace("-", "−");

/** The networks by name, each with what it is. */
export function namedNetworks(
  { box: { height, width }, levels, halfWidth }: {
    box: BoxSetting;
    levels: LevelsSetting;
    /** B of the boxes and cells. */
    halfWidth: number;
  },
) {
  const edges = evenEdges(halfWidth, smallN.boxes);
  const heights = midpoints(edges).map(example);
  const cellEdges = evenEdges(halfWidth, smallN.cells);
  const middles = midpoints(cellEdges);
  /** The mean of the two coordinates, at the midpoints of the cells. */
  const cellHeights = middles.flatMap((x) => middles.map((y) => (x + y) / 2));
  const setting = `h = ${shown(height)}, δ = ${width}`;
  const of = `${smallN.boxes} boxes for ${formula}`;
  const on = `on [−${halfWidth}, ${halfWidth}]`;
  return {
    box: {
      about: `The box h·σ(x) − h·σ(x − δ), ${setting}`,
      network: box(height, width),
    },
    "exact-box": {
      about: `Exact at δ too: h·σ(x) + h·σ(δ − x) − h, ${setting}`,
      network: exactBox(height, width),
    },
    "both-signs": {
      about: `The minus sign in the second neuron and in W22, ${setting}`,
      network: bothSigns(height, width),
    },
    "sign-in-text-alone": {
      about: `The minus sign in the second neuron alone, ${setting}`,
      network: signInTextAlone(height, width),
    },
    "three-levels": {
      about: `Three levels: ${levels.levels.map(shown).join(", ")} between ` +
        `${
          [-levels.halfWidth, -levels.alpha, levels.beta, levels.halfWidth].map(shown).join(", ")
        }`,
      network: threeLevels(levels),
    },
    boxes: {
      about: `${of} ${on}, as drawn`,
      network: boxes(edges, heights),
    },
    "shared-edges": {
      about: `${of} ${on}, one neuron for each edge`,
      network: sharedEdges(edges, heights),
    },
    cells: {
      about: `${smallN.cells} × ${smallN.cells} cells for the mean of two inputs ${on}²`,
      network: cells(2, cellEdges, cellHeights),
    },
    "one-layer-cell": {
      about: "The best that one hidden layer of single coordinates makes of the cell (0, 1]²",
      network: oneLayerCell(2, 0, 1),
    },
  } satisfies Record<string, Omit<Networks[number], "name">>;
}
