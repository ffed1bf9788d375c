/** Tests which jobs a text on the command line means. */
import { assertEquals, assertThrows } from "@std/assert";
import { Failed } from "../../../pipeline/engine/failed.ts";
import { jobsNamed } from "../../../pipeline/engine/project/job_names.ts";

const known = [
  "fit",
  "fit/all",
  "train/fashion-mlp",
  "train/fashion-lecun",
  "train/mnist",
  "v1.0/x",
];

for (
  const [text, expected] of [
    ["train/mnist", ["train/mnist"]],
    ["train.mnist", ["train/mnist"]],
    ["v1.0/x", ["v1.0/x"]],
    ["v1.0.x", ["v1.0/x"]],
    ["train", ["train/fashion-mlp", "train/fashion-lecun", "train/mnist"]],
    ["train/", ["train/fashion-mlp", "train/fashion-lecun", "train/mnist"]],
    ["train/*", ["train/fashion-mlp", "train/fashion-lecun", "train/mnist"]],
    ["train.fashion-*", ["train/fashion-mlp", "train/fashion-lecun"]],
    ["*/mnist", ["train/mnist"]],
    // A job's own name wins over the group of that name.
    ["fit", ["fit"]],
    ["fit/*", ["fit/all"]],
    ["*", known],
  ] satisfies [string, string[]][]
) {
  Deno.test(`${text} means ${expected.join(", ")}`, () => {
    assertEquals(jobsNamed(text, known), expected);
  });
}

Deno.test("a text that means no job is refused with what was probably meant", () => {
  for (
    const [text, message] of [
      ["mnist", 'Did you mean "train/mnist"?'],
      ["train/mnits", 'Did you mean "train/mnist"?'],
      ["train/x*", 'No job is named "train/x*"'],
      // Only "*" is special.
      ["train/mnis.", "No job is named"],
      ["", "No job is named"],
    ]
  ) assertThrows(() => jobsNamed(text, known), Failed, message);
});
