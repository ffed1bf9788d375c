/** What a claim throws that asks for a value which the run did not measure, a training cut short for one. */
export class NotMeasured extends Error {
  /** `message` says what was expected and found, without a full stop. */
  override readonly name = "NotMeasured";
}
