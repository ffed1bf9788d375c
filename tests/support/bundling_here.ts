/** Tests that bundle in their own process: of many small stages, that is faster than a process for each. */

/** The permission to start a shell is what starts a process for it. */
const permissions: Deno.PermissionOptionsObject = {
  read: "inherit",
  write: "inherit",
  net: "inherit",
  env: "inherit",
  sys: "inherit",
  run: ["deno"],
};

export const testHere = (name: string, fn: () => Promise<void>): void =>
  Deno.test({ name, permissions, fn });
