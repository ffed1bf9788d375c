/** Shortens how the items of a file of expected values are written. */
import type { ExpectedInput } from "../../../schemas/run/expected.ts";

export type ItemInput = ExpectedInput["items"][number];

export const metric = (name: string) => ({ kind: "metric" as const, name });

/** The place in the assignment of a value that it reports. */
export const assignment = (where: string) => ({ from: "document" as const, where });

export const measured = (where: string) => ({ from: "measured" as const, where });
