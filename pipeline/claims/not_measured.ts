/** Thrown by a claim that asks for a value which the run did not measure, as in a shortened training. */
export class NotMeasured extends Error {
  /** `message` says what was expected and found, without a full stop. */
  override readonly name = "NotMeasured";
}
