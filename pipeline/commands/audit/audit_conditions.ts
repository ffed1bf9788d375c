/**
 * The conditions of an audit: what each changes in a run, and whether this machine can change it. A
 * condition that it cannot change is never counted as kept.
 */
import { join } from "node:path";
import { type ConditionName, conditionNames } from "../../../schemas/run/audit_report.ts";
import { count } from "../../terminal/numbers.ts";
import { type Launch, shell } from "./launch.ts";

export interface Condition {
  name: ConditionName;
  /** Names what is other than in the first run. */
  about: string;
  /** The reason why it is tried in part only, or not at all. */
  note?: string;
  /** Gives the run with the condition; undefined where this machine cannot change it. */
  change?: (launch: Launch) => Launch;
}

interface Surroundings {
  /** Scratch directory of the audit. */
  scratch: string;
  workers: number;
  /** The copy of the project, made when it is first needed. */
  copy: () => string;
}

/** The named conditions, in their order; `backend` is none of them. */
export async function conditionsOf(
  names: ReadonlySet<ConditionName>,
  surroundings: Surroundings,
): Promise<Condition[]> {
  const wanted = conditionNames.filter((name) => names.has(name));
  return await Promise.all(
    wanted.map(async (name) => ({ name, ...await made[name](surroundings) })),
  );
}

type Made = Omit<Condition, "name">;

const within = (launch: Launch, ...words: string[]): Launch => ({
  ...launch,
  within: [...words, ...launch.within],
});

const withVariables = (launch: Launch, env: Record<string, string>): Launch => ({
  ...launch,
  env: { ...launch.env, ...env },
});

/** Seconds by which the clock is put forward: a year, and some hours, so that it is another day. */
const forward = 366 * 24 * 60 * 60 + 5 * 60 * 60;

/** The same as libfaketime takes it, and in ms. */
export const clockShift = { text: `+${forward}`, milliseconds: forward * 1000 };

const made: Record<ConditionName, (surroundings: Surroundings) => Made | Promise<Made>> = {
  again: () => ({ about: "nothing: a second run of the same", change: (launch) => launch }),
  path: ({ copy }) => ({
    about: "the project's path, with spaces and letters beyond ASCII",
    change(launch) {
      const root = copy();
      return { ...launch, root, artifacts: join(root, "artifacts", "of this run") };
    },
  }),
  zone() {
    const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const zone = here === "Asia/Kathmandu" ? "America/St_Johns" : "Asia/Kathmandu";
    return {
      about: `the time zone: ${zone}`,
      change: (launch) => withVariables(launch, { TZ: zone }),
    };
  },
  locale() {
    const locale = navigator.language.startsWith("tr") ? "de_DE.UTF-8" : "tr_TR.UTF-8";
    const variables = { LANG: locale, LC_ALL: locale, LANGUAGE: locale.slice(0, 2) };
    return {
      about: `the locale: ${locale}`,
      change: (launch) => withVariables(launch, variables),
    };
  },
  async clock() {
    const about = "the clock, put forward by a year and five hours";
    const library = await clockLibrary();
    if (library === undefined) return { about, note: noClock };
    return {
      about,
      note: "Programs that stages start see the real clock.",
      change: (launch) => withClock(launch, library, clockShift.text),
    };
  },
  async user({ scratch }) {
    const home = join(scratch, "home of auditor");
    const variables = { HOME: home, USER: "auditor", LOGNAME: "auditor" };
    const namespace = ["unshare", "--user", "--map-user=4242", "--map-group=4242"];
    const canMap = await shell('exec "$@" id -u', ...namespace) === "4242";
    return {
      about: `the user's name and home${canMap ? ", user id and group id" : ""}`,
      ...(!canMap && {
        note: "The user id stayed: this system lets nobody map one (unshare --user).",
      }),
      change(launch) {
        Deno.mkdirSync(home, { recursive: true });
        const named = withVariables(launch, variables);
        return canMap ? within(named, ...namespace) : named;
      },
    };
  },
  async umask() {
    const mask = Number(await shell("umask")) === 77 ? "0002" : "0077";
    return {
      about: `the umask: ${mask}`,
      change: (launch) => within(launch, "sh", "-c", `umask ${mask}; exec "$0" "$@"`),
    };
  },
  async terminal() {
    const about = "a terminal of 132 columns, where the first run had none";
    const script = await shell("script --version; command -v setsid && command -v stty");
    if (!script?.includes("util-linux")) {
      return { about, note: "script, setsid and stty of util-linux and coreutils are not here." };
    }
    const variables = { TERM: "xterm-256color", COLUMNS: "132", LINES: "50" };
    return {
      about,
      change: (launch) => ({ ...withVariables(launch, variables), terminal: true }),
    };
  },
  workers({ workers }) {
    const others = workers === 1 ? 4 : 1;
    return {
      about: `${count(others, "worker")} in place of ${workers}`,
      change: (launch) => ({ ...launch, workers: others }),
    };
  },
  order: () => ({
    about: "the order in which jobs begin, reversed",
    change: (launch) => ({ ...launch, reverse: true }),
  }),
  async cores() {
    const allowed = await shell("taskset -cp $$");
    const [, first] = /: (\d+)[-,]\d/.exec(allowed ?? "") ?? [];
    if (first === undefined) {
      const note = allowed === undefined
        ? "taskset of util-linux is not here."
        : "This machine has one core.";
      return { about: "one core", note };
    }
    return {
      about: `one core in place of ${navigator.hardwareConcurrency}`,
      change: (launch) => within(launch, "taskset", "-c", first),
    };
  },
  backend: () => ({ about: "another backend" }),
};

const noClock =
  `libfaketime is not here; "apt-get install faketime" provides it on Debian and Ubuntu.`;

/** The library that shows a program another clock; undefined where it is not installed. */
export async function clockLibrary(): Promise<string | undefined> {
  const places = ["/usr/lib/*", "/usr/lib", "/usr/local/lib", "/opt/homebrew/lib"];
  const files = places.map((place) => `${place}/faketime/libfaketimeMT.so.1`).join(" ");
  return await shell(
    `for file in ${files}; do test -f "$file" && echo "$file" && exit; done; exit 1`,
  );
}

/** Shows a run another clock, in the form of libfaketime. Delays stay as they are. */
export const withClock = (launch: Launch, library: string, clock: string): Launch => ({
  ...launch,
  // The innermost: what surrounds it needs no clock.
  within: [
    ...launch.within,
    "env",
    `LD_PRELOAD=${library}`,
    `FAKETIME=${clock}`,
    "FAKETIME_DONT_FAKE_MONOTONIC=1",
  ],
});
