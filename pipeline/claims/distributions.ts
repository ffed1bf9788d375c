/** Loads R's distributions, only when one is needed. */
export async function distributions() {
  // A package of it looks for settings in the storage of browsers. Deno has that in a file of its own, which
  // a full disk or a directory that may not be written to would make an error.
  const storage = { getItem: () => null };
  Object.defineProperty(globalThis, "localStorage", { value: storage, configurable: true });
  return await import("lib-r-math.js");
}
