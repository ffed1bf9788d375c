/** Tests of a question's claims: each verdict and sentence follows from measurements, and from no other claim's. */
import { assert, assertEquals } from "@std/assert";
import { type ClaimDefinition, judge } from "../../../pipeline/claims/claim.ts";
import type { Verdict } from "../../../schemas/run/claim_verdict.ts";
import { verdictsOf } from "./verdicts_of.ts";

/** For each claim what is edited, and the verdict that follows. */
export type Perturbed<Measured> = Record<string, [Verdict, (edited: Measured) => void]>;

export function testPerturbed<Measured>(
  { question, claims, measured, found, perturbed, together }: {
    /** Its name in tests, such as "question 3". */
    question: string;
    claims: readonly ClaimDefinition<Measured>[];
    measured: () => Measured;
    /** The verdicts of the measurements. */
    found: Readonly<Record<string, Verdict>>;
    perturbed: Perturbed<Measured>;
    /** Claims that the perturbation of another turns too. */
    together?: Readonly<Record<string, string[]>>;
  },
): void {
  Deno.test(`there is a perturbation for every claim of ${question}`, () => {
    assertEquals(Object.keys(perturbed).sort(), claims.map(({ id }) => id).sort());
  });

  for (const [id, [verdict, edit]] of Object.entries(perturbed)) {
    Deno.test(`${id}: an edited measurement turns the verdict to ${verdict}, and its sentence`, () => {
      const edited = measured();
      edit(edited);
      const turned = verdictsOf(claims, edited);
      assertEquals(turned[id], verdict);
      const others = Object.keys(found).filter((other) => turned[other] !== found[other]);
      assertEquals(others, together?.[id] ?? [id]);
      const sentence = (of: Measured) =>
        judge(claims.find((claim) => claim.id === id)!, of).sentence;
      assert(sentence(edited) !== sentence(measured()));
    });
  }

  Deno.test("no sentence names a verdict", () => {
    for (const claim of claims) {
      const { sentence, remarks } = judge(claim, measured());
      for (const text of [sentence, ...remarks]) {
        assert(!/confirm|refut|qualif|undecided|NaN|undefined/i.test(text), claim.id);
      }
    }
  });
}
