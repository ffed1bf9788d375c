/** Lists every planted error. */
import type { Plant } from "./plant.ts";
import { plants1 } from "./plants_1.ts";
import { plants2 } from "./plants_2.ts";
import { plants3 } from "./plants_3.ts";
import { plants4 } from "./plants_4.ts";
import { plantsOfTheEngine } from "./plants_of_the_engine.ts";

export const plants: readonly Plant[] = [
  ...plants1,
  ...plants2,
  ...plants3,
  ...plants4,
  ...plantsOfTheEngine,
];
