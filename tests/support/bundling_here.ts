/**
 * Permissions without a shell, so that stages are bundled in the test's process: of many small ones, one
 * after the other, that is faster than to start a process for each.
 */
export const bundlingHere: Deno.PermissionOptionsObject = {
  read: "inherit",
  write: "inherit",
  net: "inherit",
  env: "inherit",
  sys: "inherit",
  run: ["deno"],
};
