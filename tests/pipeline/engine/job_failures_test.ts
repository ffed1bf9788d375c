/** Tests that a failed job is worded in sentences, also where they stand in one line. */
import { assertEquals } from "@std/assert";
import { briefly } from "../../../pipeline/engine/words/job_failures.ts";

Deno.test("what the system says and what to do about it are two sentences of a failed job", () => {
  const message = "No space left on device (os error 28)";
  const advice =
    "Free some space (deno task gc may help), and run again; what was finished is kept.";
  assertEquals(
    briefly({ reason: "job-failed", job: "a/b", message }, 0),
    `a/b: ${message}. ${advice}`,
  );
});
