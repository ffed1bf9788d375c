/**
 * Runs the gate: format, lint, types and tests, and stops at the first that fails.
 *
 *     deno task ok [--only STEP]
 */
import { oneOf } from "../../pipeline/commands/flags/shared_flags.ts";
import { values } from "../../pipeline/commands/flags/flags.ts";
import { runProgram } from "../../pipeline/commands/program.ts";
import { withoutLoader } from "../../pipeline/engine/machine/loader_variables.ts";
import { complain, print } from "../../pipeline/terminal/print.ts";

/** Step's name → Deno's arguments. */
const steps = {
  fmt: ["fmt", "--check"],
  lint: ["lint"],
  check: ["check", "--doc", "."],
  test: ["task", "test"],
};
type Step = keyof typeof steps;
const names = Object.keys(steps) as Step[];

Deno.exitCode = await runProgram("ok", {
  about: "runs the gate: format, lint, types and tests",
  flags: {
    only: values(names.join("|"), "runs this step; repeat it for several"),
  },
  async run({ only }) {
    const wanted = only.map((name) => oneOf("step", names, name));
    for (const step of names.filter((name) => wanted.length === 0 || wanted.includes(name))) {
      const args = steps[step];
      const { success } = await new Deno.Command("deno", { args, env: withoutLoader }).spawn()
        .status;
      if (success) continue;
      complain(`The step ${step} failed: deno ${args.join(" ")}`);
      return 1;
    }
    print("ok");
    return 0;
  },
}, Deno.args);
