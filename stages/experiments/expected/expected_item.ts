/** Short ways to write the items of a file of expected figures. */
import type { ExpectedInput } from "../../../schemas/run/expected.ts";

export type ItemInput = ExpectedInput["items"][number];

export const metric = (name: string) => ({ kind: "metric" as const, name });

/** Where a figure of the document is to be found in it. */
export const document = (where: string) => ({ from: "document" as const, where });

export const measured = (where: string) => ({ from: "measured" as const, where });
