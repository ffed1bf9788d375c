/** Facts of a machine for tests in which no job runs on one. */
import type { MachineFacts } from "../../pipeline/engine/machine/machine.ts";

export const noMachine: MachineFacts = {
  arch: "x",
  os: "x",
  deno: "x",
  v8: "x",
  backend: null,
  fma: null,
  adapter: null,
  driver: null,
};
