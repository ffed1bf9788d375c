/** Words which verdicts turn by chance, from `artifacts/reference/chance.json`. */
import type { Chance, ChanceGroup } from "../../schemas/assignment/chance.ts";
import { markdownTable } from "../../pipeline/terminal/markdown_table.ts";
import { count, listed, percent, range } from "../../pipeline/terminal/numbers.ts";

const names: Record<ChanceGroup["of"], string> = {
  quick: "questions 1 and 2, quick experiment",
  assignment: "question 3, full size",
  parity: "question 3, our trainings of the experiment parity",
  "last-batch": "question 3's last test batch, our trainings",
  pytorch: "question 3's curves, PyTorch's trainings judged as our runs",
};

const turnsOf = ({ id, turned: { failed, of }, turns }: ChanceGroup["claims"][number]): string =>
  `${id} in ${failed} of ${of}, ` +
  listed(
    [...Map.groupBy(turns, ({ verdict }) => verdict)].map(([verdict, seeds]) =>
      `${verdict} with ${seeds.length === 1 ? "seed" : "seeds"} ${
        listed(seeds.map(({ seed }) => `${seed}`))
      }`
    ),
  );

function rowOf({ of, seeds, claims, anyTurned: { failed, interval } }: ChanceGroup): string[] {
  const varying = claims.filter(({ varies }) => varies);
  const turned = claims.filter(({ turns }) => turns.length > 0);
  return [
    names[of],
    `${seeds.length}`,
    `${varying.length} of ${claims.length}`,
    turned.length === 0 ? "none" : turned.map(turnsOf).join("; "),
    `${failed}`,
    range(interval, percent),
  ];
}

const commandsOf = (groups: readonly ChanceGroup[]): string =>
  listed(groups.map(({ command, date }) => `\`${command}\` on ${date}`));

/** "4 % for Q3.curve and Q3.gap", over question 3's claims that rest on a level, by rising bound. */
function boundsOf(all: readonly ChanceGroup["claims"][number][]): string {
  const levels = new Map<string, number>();
  for (const { id, level } of all) {
    if (level === null || level === 1 || !id.startsWith("Q3")) continue;
    levels.set(id, Math.min(level, levels.get(id) ?? 1));
  }
  const byLevel = [...Map.groupBy(levels, ([, level]) => level)].sort(([a], [b]) => b - a);
  return listed(
    byLevel.map(([level, of]) => `${percent(1 - level)} for ${listed(of.map(([id]) => id))}`),
  );
}

/** The paragraphs and the table of the section. */
export function chanceText({ groups }: Chance): string[] {
  const all = groups.flatMap(({ claims }) => claims);
  const turned = new Set(all.filter(({ turns }) => turns.length > 0).map(({ id }) => id));
  const varying = new Set(all.filter(({ varies }) => varies).map(({ id }) => id));
  return [
    "Runs from many seeds, and trainings judged as runs, show which verdicts turn by chance into " +
    "others than the expected ones. Only a verdict whose intervals or margins vary with the seed " +
    "can turn. The last column is Clopper and Pearson's 95 % interval of the share of runs with any " +
    "turned verdict.",
    markdownTable([
      ["runs", "seeds", "claims that vary", "turned", "runs with any", "95 % interval"],
      ...groups.map(rowOf),
    ]).join("\n"),
    `${count(turned.size, "claim")} of the ${varying.size} that vary turned at all` +
    (turned.size === 0 ? "." : `: ${listed([...turned])}.`) +
    " A right run turns a verdict of question 3 by chance with a probability of at most " +
    `${boundsOf(all)}. Claims on one family of predictions turn together within its bound.`,
    "Question 4 was not repeated. Its seed, 80085, is the assignment's, and its counts are exact for " +
    "that seed alone. Q4.chance, Q4.unit-std and Q4.backprop also draw networks or places from seeds " +
    "of ours, which were not varied. PyTorch's trainings that the prediction band rests on are " +
    "judged each by the others, so they are not independent, and their interval is approximate.",
    `Measured by ${commandsOf(groups)}.`,
  ];
}
