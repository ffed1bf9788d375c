/**
 * The verdict that each claim of the assignment must get: as an independent check of the assignment came
 * out. A run's own verdicts are computed from its measurements by `stages/claims/`.
 */
import type { Verdict } from "../../../schemas/run/claim_verdict.ts";
import { question1 } from "../../claims/claims_1.ts";
import { question2 } from "../../claims/claims_2/mod.ts";
import { question3 } from "../../claims/claims_3/mod.ts";
import { question4 } from "../../claims/claims_4/mod.ts";
import { type ItemInput, measured } from "./expected_item.ts";

const verdicts: Partial<Record<Verdict, readonly string[]>> = {
  confirmed: [
    ..."Q1.approx Q1.three Q1.dims Q1.distance Q1.spread".split(" "),
    ..."Q2a.forward Q2a.terms Q2b.depth Q2b.rule Q2c.normal Q2c.density Q2c.mean".split(" "),
    ..."Q2c.second Q2c.var Q2c.rule-var Q2d.independent".split(" "),
    ..."Q2c.he Q2d.backward Q2e.conflict Q2e.glorot".split(" "),
    ..."Q3.curve Q3.accuracy Q3.gap Q3.batch Q3.init Q3.improvement Q3.question".split(" "),
    ..."Q4.initial Q4.epochs Q4.backprop Q4.chance Q4.delta".split(" "),
  ],
  qualified: [
    ..."Q1.box Q2b.name Q2d.rule".split(" "),
    ..."Q3.samples-read Q3.sample Q3.loss-mean Q3.shoe Q3.confidence".split(" "),
    ..."Q4.uniform-loss Q4.course Q4.scale Q4.scale-reason".split(" "),
    ..."Q4.comment Q4.stable Q4.slow".split(" "),
  ],
  refuted: [
    ..."Q1.sign Q2c.rule-stable Q2c.number Q2c.reason Q2d.identity Q2e.halves Q2e.two".split(" "),
    ..."Q2e.attribution Q3.fifty Q3.loader Q4.listing Q4.unit-std Q4.clip".split(" "),
  ],
};

const claims = [...question1, ...question2, ...question3, ...question4].map((
  { id, statement },
) => ({
  id,
  statement,
}));

/** Claim → the verdict that every run must get. */
export const expectedVerdicts: ReadonlyMap<string, Verdict> = new Map(
  Object.entries(verdicts).flatMap(([verdict, ids]) =>
    ids.map((id): [string, Verdict] => [id, verdict as Verdict])
  ),
);

/** One point for each claim that this repository judges. */
export const claimItems: ItemInput[] = claims.map(({ id, statement }) => {
  const verdict = expectedVerdicts.get(id);
  if (verdict === undefined) throw new Error(`expected a verdict for the claim ${id}, found none`);
  return {
    id: `claim.${id}`,
    title: `${id}: ${statement}`.slice(0, 200),
    group: `Question ${/^Q(\d)/.exec(id)![1]}`,
    target: { kind: "claim", id },
    expected: { kind: "verdict", anyOf: [verdict] },
    message: "claims.md has its measurements, intervals and margins",
    source: measured("an independent check of the assignment"),
  };
});
