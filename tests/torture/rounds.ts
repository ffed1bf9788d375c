/** Repeats a round for as long as there is time, in several places side by side. */
import { newPlace, type Place, type Reference } from "./place.ts";
import { newTally, type Random, type Tally } from "./tally.ts";

export interface Rounds {
  random: Random;
  /** End on the clock of `performance.now()`, in ms. */
  until: number;
  /** Number of places. */
  width: number;
  map?: string;
  enough?: (tally: Tally) => boolean;
}

/** `begin` prepares each place; `round` counts what it finds. */
export async function inPlaces(
  at: string,
  reference: Reference,
  { random, until, width, map, enough = () => false }: Rounds,
  round: (place: Place, reference: Reference, random: Random, tally: Tally) => Promise<void>,
  begin: (place: Place) => Promise<unknown> = () => Promise.resolve(),
): Promise<Tally> {
  const tally = newTally();
  const inOnePlace = async () => {
    using place = newPlace(at, reference.template, map);
    await begin(place);
    while (performance.now() < until && !enough(tally)) {
      await round(place, reference, random, tally);
    }
  };
  await Promise.all(Array.from({ length: width }, inOnePlace));
  return tally;
}
