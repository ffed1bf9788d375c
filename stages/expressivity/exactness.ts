/**
 * Compares a network with the function that it should be, region by region: at the regions' ends,
 * at the float64 next to them, at points in between and far away.
 */
import type { Deviation, StepNetwork } from "../../schemas/assignment/step_networks.ts";
import { nextDown, nextUp } from "./adjacent.ts";
import { bothSigns, box, boxes, exactBox, signInTextAlone } from "./boxes.ts";
import { evaluate } from "./step_network.ts";

export interface BoxSetting {
  height: number;
  width: number;
}

/** Levels h on (-B, -α), u on (-α, β) and k on (β, B), where B is the half width. */
export interface LevelsSetting {
  halfWidth: number;
  alpha: number;
  beta: number;
  levels: [h: number, u: number, k: number];
}

/** The drawn example as a row of three boxes. */
export const threeLevels = ({ halfWidth, alpha, beta, levels }: LevelsSetting): StepNetwork =>
  boxes([-halfWidth, -alpha, beta, halfWidth], levels);

type OfBox = (height: number, width: number) => StepNetwork;

/** The networks that are measured; a test hands in broken ones. */
interface Measured {
  box: OfBox;
  "exact-box": OfBox;
  "both-signs": OfBox;
  "sign-in-text-alone": OfBox;
  "three-levels": (setting: LevelsSetting) => StepNetwork;
}

export const constructions: Measured = {
  box,
  "exact-box": exactBox,
  "both-signs": bothSigns,
  "sign-in-text-alone": signInTextAlone,
  "three-levels": threeLevels,
};

/** Names of the regions of a box, for those who look up a row. */
export const boxRegions = {
  before: "x ≤ 0",
  inside: "0 < x < δ",
  rightEdge: "x = δ",
  after: "x > δ",
} as const;

/** Names of the regions of the three levels. */
export const levelRegions = {
  first: "-B < x < -α",
  second: "-α < x < β",
  third: "β < x < B",
  outside: "x < -B or x > B",
  borders: "x = -α and x = β, as on their left",
} as const;

interface Region {
  region: string;
  /** Points, each with the value wanted. */
  wanted: [x: number, value: number][];
}

/** Points strictly between two numbers: beside both ends, and evenly spread. */
function between(left: number, right: number): number[] {
  const parts = 16;
  const spread = Array.from(
    { length: parts - 1 },
    (_, i) => left + (right - left) * (i + 1) / parts,
  );
  return [nextUp(left), ...spread, nextDown(right)];
}

/** Points right of x, from the next float64 to far away; `scale` is a length of the network. */
const rightOf = (x: number, scale: number): number[] => [
  nextUp(x),
  ...[1 / 3, 1, 1000].map((times) => x + times * scale),
  1e300,
];
const leftOf = (x: number, scale: number): number[] => rightOf(-x, scale).map((y) => -y);

const wanted = (value: number, points: number[]): Region["wanted"] => points.map((x) => [x, value]);

const regionsOfBox = ({ height, width }: BoxSetting): Region[] => [
  { region: boxRegions.before, wanted: wanted(0, [0, ...leftOf(0, width)]) },
  { region: boxRegions.inside, wanted: wanted(height, between(0, width)) },
  { region: boxRegions.rightEdge, wanted: wanted(0, [width]) },
  { region: boxRegions.after, wanted: wanted(0, rightOf(width, width)) },
];

const regionsOfLevels = (
  { halfWidth, alpha, beta, levels: [h, u, k] }: LevelsSetting,
): Region[] => [
  { region: levelRegions.first, wanted: wanted(h, between(-halfWidth, -alpha)) },
  { region: levelRegions.second, wanted: wanted(u, between(-alpha, beta)) },
  { region: levelRegions.third, wanted: wanted(k, between(beta, halfWidth)) },
  {
    region: levelRegions.outside,
    wanted: wanted(0, [...leftOf(-halfWidth, halfWidth), ...rightOf(halfWidth, halfWidth)]),
  },
  { region: levelRegions.borders, wanted: [[-alpha, h], [beta, u]] },
];

function deviations(
  construction: Deviation["construction"],
  setting: string,
  network: StepNetwork,
  regions: Region[],
): Deviation[] {
  const values = regions.flatMap((region) => region.wanted.map(([, value]) => Math.abs(value)));
  const scale = Math.max(...values);
  return regions.map(({ region, wanted }) => {
    const measured = evaluate(network, Float64Array.from(wanted, ([x]) => x));
    const largest = Math.max(...wanted.map(([, value], i) => Math.abs(measured[i] - value)));
    return {
      construction,
      setting,
      region,
      points: wanted.length,
      deviation: largest / scale,
    };
  });
}

/** Every box at every setting and the three levels, region by region. */
export function measureExactness(
  boxSettings: readonly BoxSetting[],
  levels: LevelsSetting,
  networks: Measured = constructions,
): Deviation[] {
  const ofBox = ["box", "exact-box", "both-signs", "sign-in-text-alone"] as const;
  return [
    ...ofBox.flatMap((construction) =>
      boxSettings.flatMap((setting) =>
        deviations(
          construction,
          `h = ${setting.height}, δ = ${setting.width}`,
          networks[construction](setting.height, setting.width),
          regionsOfBox(setting),
        )
      )
    ),
    ...deviations(
      "three-levels",
      `B = ${levels.halfWidth}, α = ${levels.alpha}, β = ${levels.beta}; levels ` +
        levels.levels.join(", "),
      networks["three-levels"](levels),
      regionsOfLevels(levels),
    ),
  ];
}
