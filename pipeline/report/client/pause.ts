/** Lets the page answer between two pieces of work. */
/// <reference lib="dom" />

export const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));
