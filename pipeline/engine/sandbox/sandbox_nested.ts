/** Fixes, in a worker that a stage starts, everything that is fixed for the stage; such a worker loads it first. */
import { fixGlobals } from "./sandbox_globals.ts";
import { replace } from "./sandbox_replace.ts";

const [key, ...name] = self.name.split(" ");
replace(self, "name", name.join(" "));

fixGlobals({
  log() {},
  clock(name) {
    throw new Error(
      `it reads the clock (${name}) in a worker, which cannot report it; read it in the stage`,
    );
  },
  exit(name) {
    throw new Error(`${name}() ends no worker; its stage ends it`);
  },
}).begin(key, []);
