/** Tests which known names are suggested for a mistyped or shortened one. */
import { assertEquals } from "@std/assert";
import { nearestNames } from "../../../pipeline/terminal/nearest.ts";

const commands = ["reproduce", "replicate", "report", "plan", "runs", "new", "push", "pull", "gc"];
const jobs = ["train/mlp", "evaluate/mlp", "train/logistic", "numbers/first"];

for (
  const [name, known, expected] of [
    ["reprodcue", commands, ["reproduce"]],
    ["plna", commands, ["plan"]],
    ["Plan", commands, ["plan"]],
    ["rep", commands, ["reproduce", "replicate", "report"]],
    ["mlp", jobs, ["train/mlp", "evaluate/mlp"]],
    ["numbers/frist", jobs, ["numbers/first"]],
    ["train", jobs, ["train/mlp", "train/logistic"]],
    ["trian", jobs, ["train/mlp", "train/logistic"]],
    ["evalute", jobs, ["evaluate/mlp"]],
    ["evaluate.mpl", ["evaluate/mlp/test", "evaluate/cnn/test"], ["evaluate/mlp/test"]],
    ["log", jobs, []],
    // One of three letters is correct by chance.
    ["foo", commands, []],
    ["cat", commands, []],
    ["x", commands, []],
    ["", commands, []],
  ] satisfies [string, string[], string[]][]
) {
  Deno.test(`for "${name}" are suggested: ${expected.join(", ") || "none"}`, () => {
    assertEquals(nearestNames(name, known), expected);
  });
}
