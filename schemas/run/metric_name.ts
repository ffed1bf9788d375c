/** The form of metrics' names. */
import { z } from "zod";

/** Words of letters of any script and case, digits, "_" and "-", joined by "." or "/". */
const form = /^[\p{L}\p{N}_][\p{L}\p{M}\p{N}_-]*(?:[./][\p{L}\p{M}\p{N}_-]+)*$/u;

/** Characters (UTF-16 units) of a name, the job's part included. */
const longest = 500;

const error = ({ input }: { input?: unknown }): string => wordRule(String(input));

/** A metric's name, such as `val_loss`, `top-5/accuracy` or `mlp.test-loss.epoch-3`. */
export const MetricName = z.string().max(longest).regex(form, { error });

/** The name of metrics that follow each other, with "*" for their number: `mlp.test-loss.epoch-*`. */
export const CurveName = z.string().max(longest)
  .regex(/^[^*]*\*[^*]*$/, 'expected one "*"')
  .refine((name) => form.test(name.replace("*", "0")), { error });

/** The metrics of a curve: its name with each number in place of "*", in order. */
export const curveMetrics = (
  { name, from, to }: { name: string; from: number; to: number },
): string[] => Array.from({ length: to - from + 1 }, (_, i) => name.replace("*", String(from + i)));

/** The rule for names, and the nearest name that keeps it. */
function wordRule(name: string): string {
  const near = nearestName(name);
  const isName = form.test(near) && near.length <= 100;
  return 'expected letters, digits, "_" and "-", in words joined by "." or "/"; found ' +
    JSON.stringify(name.slice(0, 100)) + (isName ? `. Name it "${near}"` : "");
}

/** A name made of any text: words joined by ".", with "-" for what no name can have. */
export const nearestName = (text: string): string =>
  text.split(/[./]/)
    .map((word) => word.replace(/[^\p{L}\p{M}\p{N}_-]+/gu, "-").replace(/^-+|-+$/g, ""))
    .filter((word) => word !== "").join(".");
