/**
 * Empties the variables that choose a program's libraries. Deno starts no listed program while one is set,
 * because it could make it another program. An empty variable counts as unset.
 */
export const withoutLoader = { LD_LIBRARY_PATH: "", LD_PRELOAD: "" } as const;
