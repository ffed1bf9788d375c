/** Watches the clocks of a stage, and reports each one that the stage's own code reads. */
import { replace } from "./sandbox_replace.ts";
import { isCalledByStage } from "./sandbox_stacks.ts";

type Method = (this: unknown, ...given: unknown[]) => unknown;

/** Gives the clocks that were reported; each is reported once as long as it is among them. */
export function watchClocks(report: (name: string) => void): Set<string> {
  const reported = new Set<string>();
  const tell = (name: string) => {
    // Packages measure how long they take, and draw by it nothing that is kept.
    if (reported.has(name) || !isCalledByStage()) return;
    reported.add(name);
    report(name);
  };
  watchDate(tell);
  fixFileTimes();
  watchFormats(tell);
  const { process, Temporal } = globalThis as { process?: object; Temporal?: { Now: object } };
  const nodes = process as { hrtime: object } | undefined;
  if (nodes !== undefined) {
    watch(nodes.hrtime, ["bigint"], "process.hrtime", tell);
    watch(nodes, ["hrtime", "uptime"], "process", tell);
  }
  if (Temporal !== undefined) {
    const names = Object.getOwnPropertyNames(Temporal.Now).filter((name) => name !== "timeZoneId");
    watch(Temporal.Now, names, "Temporal.Now", tell);
  }
  watch(
    Performance.prototype,
    ["mark", "measure", "timeOrigin", "toJSON"],
    "performance",
    tell,
  );
  watch(
    "now" in Performance.prototype ? Performance.prototype : performance,
    ["now"],
    "performance",
    tell,
  );
  watchMarks(tell);
  return reported;
}

/** Reports calls of methods, and reads of properties, before they go on as they would. */
function watch(
  target: object,
  names: readonly string[],
  label: string,
  tell: (name: string) => void,
): void {
  for (const name of names) {
    const { value, get } = Object.getOwnPropertyDescriptor(target, name) ?? {};
    if (value === undefined && get === undefined) continue;
    const original: Method = value ?? get;
    const watched = Object.assign(function (this: unknown, ...given: unknown[]) {
      tell(`${label}.${name}`);
      return original.apply(this, given);
    }, original);
    if (get === undefined) replace(target, name, watched);
    else Object.defineProperty(target, name, { get: watched, configurable: true });
  }
}

function watchDate(tell: (name: string) => void): void {
  const { now } = Date;
  const RealDate = Date;
  replace(Date, "now", () => {
    tell("Date.now");
    return now();
  });
  replace(
    globalThis,
    "Date",
    new Proxy(Date, {
      construct(target, given, newTarget) {
        if (given.length === 0) tell("new Date");
        return Reflect.construct(target, given, newTarget);
      },
      apply(target) {
        tell("Date");
        return new target().toString();
      },
    }),
  );
  RealDate.prototype.constructor = Date;
}

/** A mark that is given no time takes the present one. */
function watchMarks(tell: (name: string) => void): void {
  replace(
    globalThis,
    "PerformanceMark",
    new Proxy(PerformanceMark, {
      construct(target, given, newTarget) {
        if (given[1]?.startTime === undefined) tell("new PerformanceMark");
        return Reflect.construct(target, given, newTarget);
      },
    }),
  );
}

/** The time of a file is when the job made it: 0, unless the stage's code gives another. */
function fixFileTimes(): void {
  const times = new WeakMap<object, number>();
  Object.defineProperty(File.prototype, "lastModified", {
    configurable: true,
    get(this: File) {
      return times.get(this) ?? 0;
    },
  });
  replace(
    globalThis,
    "File",
    new Proxy(File, {
      construct(target, [parts, name, options]) {
        const file = new target(parts, name, options);
        if (options?.lastModified !== undefined) times.set(file, Number(options.lastModified));
        return file;
      },
    }),
  );
  const timeless = (info: Deno.FileInfo): Deno.FileInfo => ({
    ...info,
    ...{ atime: null, mtime: null, ctime: null, birthtime: null, ino: null, dev: 0 },
  });
  for (
    const [target, names] of [
      [Deno, ["stat", "lstat", "statSync", "lstatSync"]],
      [Deno.FsFile.prototype, ["stat", "statSync"]],
    ] as const
  ) {
    for (const name of names) {
      const original = (target as unknown as Record<string, Method>)[name];
      replace(target, name, function (this: unknown, ...given: unknown[]) {
        const info = original.apply(this, given);
        return info instanceof Promise ? info.then(timeless) : timeless(info as Deno.FileInfo);
      });
    }
  }
}

/** A format of dates that is given none takes the time. */
function watchFormats(tell: (name: string) => void): void {
  const { prototype } = Intl.DateTimeFormat;
  const { get } = Object.getOwnPropertyDescriptor(prototype, "format")!;
  Object.defineProperty(prototype, "format", {
    configurable: true,
    get(this: Intl.DateTimeFormat) {
      const format: (date?: Date | number) => string = get!.call(this);
      return (date?: Date | number) => {
        if (date === undefined) tell("Intl.DateTimeFormat.format");
        return format(date);
      };
    },
  });
  const { formatToParts } = prototype;
  replace(prototype, "formatToParts", function (this: Intl.DateTimeFormat, date?: Date | number) {
    if (date === undefined) tell("Intl.DateTimeFormat.formatToParts");
    return formatToParts.call(this, date);
  });
}
