/**
 * Variables that choose the libraries of a program. Deno starts none from a list of programs while one of them
 * is set, as they could make it another program; empty they count as unset.
 */
export const withoutLoader = { LD_LIBRARY_PATH: "", LD_PRELOAD: "" } as const;
