/** Words the rule by which the parts of a claim give its verdict; `pipeline/claims` applies it. */
export const ruleOfParts =
  "Confirmed if every part holds, refuted if every part fails, otherwise qualified. A part holds " +
  "(fails) if its value or interval lies inside (outside) its equivalence margin in every " +
  "condition. It is undecided while any interval crosses a bound of its margin.";
