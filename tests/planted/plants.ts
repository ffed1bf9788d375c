/** Lists every planted error. */
import type { Plant, Plants } from "./plant.ts";
import { plants1 } from "./plants_1.ts";
import { plants2 } from "./plants_2.ts";
import { plants3 } from "./plants_3.ts";
import { plants4 } from "./plants_4.ts";
import { plantsOfTheEngine } from "./plants_of_the_engine.ts";

const listed = (tables: readonly Plants[]): Plant[] =>
  tables.flatMap((table) => Object.entries(table)).flatMap(([noticedBy, files]) =>
    Object.entries(files).flatMap(([file, errors]) =>
      Object.entries(errors).map(([name, error]) => ({ name, file, noticedBy, ...error }))
    )
  );

export const plants: readonly Plant[] = listed([
  plants1,
  plants2,
  plants3,
  plants4,
  plantsOfTheEngine,
]);
