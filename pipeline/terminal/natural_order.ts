/** Orders names as people do: Q2 before Q10, epoch-9 before epoch-10. */

/** Made when it is needed, because pages and commands that order nothing load this file too. */
let collator: Intl.Collator | undefined;

/** Compares two names for `sort`; 0 for the same one only. */
export function naturalOrder(a: string, b: string): number {
  collator ??= new Intl.Collator("en", { numeric: true });
  return collator.compare(a, b) || (a === b ? 0 : a < b ? -1 : 1);
}
