/** Carries a failure, as an error, to the code that can report it. */
import type { Failure } from "./event.ts";
import { wordFailure } from "./messages.ts";

export class Failed extends Error {
  override name = "Failed";
  constructor(readonly failure: Failure, options?: ErrorOptions) {
    super(wordFailure(failure), options);
  }
}
