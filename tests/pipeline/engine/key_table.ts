/**
 * Lists changes that may affect a stage's result, a row each, for the table of docs/what-is-in-a-key.md. A
 * row with an edit is a stage that runs, is edited, and is planned again. Each other row is a stage that
 * uses something forbidden.
 */

/** A stage that gives what an expression says. */
export interface Attempt {
  /** In the words of the docs. */
  readonly what: string;
  /** Expression of type `unknown`, in an async function with `effects`; of a program its declaration. */
  readonly expression: string;
  /** True of a stage that is a program: `PLACE` is its directory, `HERE` that by its path in the repository. */
  readonly isProgram?: boolean;
  /** Parameters that the DAG gives it. */
  readonly parameters?: string;
  /** Limits that the DAG gives it. */
  readonly resources?: string;
  /** Before the stage, in its module. */
  readonly before?: string;
  /** Files beside the module. */
  readonly files?: Readonly<Record<string, string>>;
  /** `module` of the stage, where that is another than its own. */
  readonly module?: string;
  /** True where another job of the stage runs after it in the same worker, and must give the same. */
  readonly hasNext?: boolean;
}

/** An edit of a file beside the module, or of the module where none is named; absent where nothing is edited. */
export interface Edited extends Attempt {
  /** The job's state then, where it is not that of the other rows: a directory is packed before its hash is known. */
  readonly state?: "waits";
  readonly edit?: { readonly file?: string; readonly from: string; readonly to: string };
}

const reading = (file: string) => `Deno.readTextFileSync(new URL("${file}", import.meta.url))`;

/** Stages that are programs. */
function programs(rows: readonly Edited[]): Edited[] {
  return rows.map((row) => ({ ...row, isProgram: true }));
}

/** The job runs again. */
export const inTheKey: readonly Edited[] = [
  {
    what: "code of the stage, and of modules that it imports",
    before: 'import { two } from "./helper.ts";',
    expression: "two()",
    files: { "helper.ts": "export const two = (): number => 2;\n" },
    edit: { file: "helper.ts", from: "2;", to: "3;" },
  },
  {
    what: "a module that it imports when it runs, by a name that is written out",
    expression: '(await import("./lazy.ts")).two',
    files: { "lazy.ts": "export const two = 2;\n" },
    edit: { file: "lazy.ts", from: "2;", to: "3;" },
  },
  {
    what: "a module whose name has percent signs",
    before: 'import { two } from "./my%20helper.ts";',
    expression: "two",
    files: { "my helper.ts": "export const two = 2;\n" },
    edit: { file: "my helper.ts", from: "2;", to: "3;" },
  },
  {
    what: "the module of a worker that it starts",
    expression: `await new Promise((resolve) => {
      const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
      worker.onmessage = ({ data }) => {
        worker.terminate();
        resolve(data);
      };
    })`,
    files: {
      "worker.ts":
        'import { two } from "./in_worker.ts";\n(self as never as Worker).postMessage(two);',
      "in_worker.ts": "export const two: number = 2;\n",
    },
    edit: { file: "in_worker.ts", from: "2;", to: "3;" },
  },
  {
    what: "what a module calls when it is loaded, such as another stage's declaration",
    before: 'export const other = json("first", z.unknown());',
    expression: "2",
    edit: { from: '"first"', to: '"second"' },
  },
  {
    what: "JSON that it imports",
    before: 'import values from "./values.json" with { type: "json" };',
    expression: "values",
    files: { "values.json": "[1, 2]" },
    edit: { file: "values.json", from: "2", to: "3" },
  },
  {
    what: "text that it imports",
    before: 'import table from "./table.csv" with { type: "text" };',
    expression: "table",
    files: { "table.csv": "1,2\n" },
    edit: { file: "table.csv", from: "2", to: "3" },
  },
  {
    what: "a file that it names by new URL(…, import.meta.url), written out",
    expression: reading("./side.json"),
    files: { "side.json": "[1]" },
    edit: { file: "side.json", from: "1", to: "2" },
  },
  {
    what: "a file that it names by new URL and that is not there yet",
    expression: `(() => {
      try {
        return ${reading("./optional.json")};
      } catch {
        return "none";
      }
    })()`,
    edit: { file: "optional.json", from: "", to: "1" },
  },
  {
    what: "a file that it reads by effects.readFile",
    expression: "(await effects.readFile(`${PLACE}/read.csv`)).length",
    files: { "read.csv": "1" },
    edit: { file: "read.csv", from: "1", to: "1,2" },
  },
  {
    what: "a file that it looks for by effects.readFile and does not find",
    expression: "await effects.readFile(`${PLACE}/absent.csv`).then(() => 1, () => 0)",
    files: { "present.csv": "" },
    edit: { file: "absent.csv", from: "", to: "1" },
  },
  {
    what: "a value that the DAG hands to a factory of stages",
    expression: "FACTOR",
    edit: { file: "mod.ts", from: "made(2)", to: "made(3)" },
  },
  {
    what: "code of a stage that names another file as its module",
    expression: "2",
    module: 'new URL("./helper.ts", import.meta.url).href',
    edit: { from: "said: 2", to: "said: 3" },
  },
  ...programs([
    {
      what: "a file of a program, under files",
      expression: "files: [`${HERE}/tool.sh`]",
      files: { "tool.sh": "true" },
      edit: { file: "tool.sh", from: "true", to: "true;" },
    },
    {
      what: "a file in a directory of a program, under files",
      expression: "files: [`${HERE}/lib/`]",
      files: { "lib/tool.sh": "true" },
      edit: { file: "lib/new.sh", from: "", to: "true" },
      state: "waits",
    },
    {
      what: "data of a program, under data",
      expression: "data: { table: `${HERE}/table.csv` }",
      files: { "table.csv": "1" },
      edit: { file: "table.csv", from: "1", to: "1,2" },
    },
    {
      what: "what a version command of a program prints",
      expression: 'versions: { tool: ["sh", "-c", `cat "${PLACE}/version.txt"`] }',
      files: { "version.txt": "1.2" },
      edit: { file: "version.txt", from: "1.2", to: "1.3" },
    },
    {
      what: "a parameter of a program",
      expression:
        'parameters: z.strictObject({ rate: z.number() }), command: [...print, param("rate")]',
      parameters: "{ rate: 0.25 }",
      edit: { file: "mod.ts", from: "rate: 0.25", to: "rate: 0.5" },
    },
    {
      what: "a variable of a program, under environment",
      expression: 'environment: { RATE: "1" }',
      edit: { from: 'RATE: "1"', to: 'RATE: "2"' },
    },
    {
      what: "a word of a program's command",
      expression: 'command: [...print, "one"]',
      edit: { from: '"one"', to: '"two"' },
    },
  ]),
];

/** A variable that a program inherits: its value for the run, and for the plan. */
export const inherited = { name: "FANIN_INHERITED", before: "1", after: "2" };

/** The job does not run again. */
export const notInTheKey: readonly Edited[] = [
  {
    what: "comments and white space",
    expression: "2",
    edit: { from: "said: 2", to: "/* two */ said:\n\n  2" },
  },
  {
    what: "types",
    before: "const two: number = 2;",
    expression: "two",
    edit: { from: "two: number", to: "two: 2 | 3" },
  },
  {
    what: "names of variables, parameters and functions",
    before: "const twice = (value: number) => value + value;",
    expression: "twice(1)",
    edit: { from: "(value: number) => value + value", to: "(x: number) => x + x" },
  },
  {
    what: "code that it does not use",
    before: "export const unused = 1;",
    expression: "2",
    edit: { from: "unused = 1", to: "unused = [12345, 'qqqqqqqqqqqqqqqqqq']" },
  },
  ...programs([
    {
      what: "limits of a program, under resources",
      expression: "",
      resources: "{ minutes: 5, memory: 512 }",
      edit: {
        file: "mod.ts",
        from: "{ minutes: 5, memory: 512 }",
        to: "{ minutes: 6, memory: 600 }",
      },
    },
    {
      what: "the value of a variable that a program inherits",
      expression: `inherit: ["${inherited.name}"]`,
    },
  ]),
];

/** The job fails, with these words. */
export const blocked: readonly (Attempt & { readonly says: RegExp })[] = [
  {
    what: "a file that it reads by Deno, by a path or a URL that is computed",
    expression: 'Deno.readTextFileSync(new URL(["./side", ".txt"].join(""), import.meta.url))',
    files: { "side.txt": "" },
    says: /The stage \S+ read .*side\.txt, which is not in its key\. Give it as an input/,
  },
  {
    what: "a file that it reads by its absolute path",
    expression: 'Deno.readTextFileSync("/etc/hostname")',
    says: /The stage \S+ read \/etc\/hostname, which is not in its key/,
  },
  {
    what: "a file that it reads by Node's modules",
    before: 'import { readFile } from "node:fs/promises";',
    expression: 'await readFile("/etc/hostname", "utf8")',
    says: /The stage \S+ read \/etc\/hostname, which is not in its key/,
  },
  {
    what: "a file outside of the project that it does not declare, by effects.readFile",
    expression: 'await effects.readFile("/etc/hostname")',
    says: /The stage \S+ reached for \/etc\/hostname, which lies outside.*access\.read/,
  },
  {
    what: "a file of a package that it does not declare",
    expression: 'await effects.readPackageFile("zod/package.json")',
    says: /read zod\/package\.json, of an npm package that it does not declare/,
  },
  {
    what: "import.meta.resolve",
    expression: 'import.meta.resolve("./side.txt")',
    says: /import\.meta\.resolve leads to a file that the stage's key does not hold/,
  },
  {
    what: "a module whose name an eval computes",
    expression: 'await eval("import(" + JSON.stringify(`file://${PLACE}/mod.ts`) + ")")',
    says: /The stage \S+ read .*mod\.ts, which is not in its key/,
  },
  {
    what: "a host that it does not declare",
    expression: 'await fetch("http://127.0.0.1:18999/")',
    says:
      /reached for 127\.0\.0\.1:18999, a host that it does not declare\. Name it under access\.net/,
  },
  {
    what: "a program that it does not declare",
    expression: 'await effects.run(["sh"])',
    says: /started sh, a program that it does not declare\. Name it under access\.run/,
  },
  {
    what: "a program that it starts by Deno.Command",
    expression: 'new Deno.Command("sh").outputSync().code',
    says: /started .*sh, a program that it does not declare/,
  },
  {
    what: "a file that it writes",
    expression: 'Deno.writeTextFileSync("written", "")',
    says: /wrote to written; expected outputs only/,
  },
  {
    what: "facts of the machine that take a permission",
    expression: "Deno.hostname()",
    says: /needs sys access to hostname, which no stage has/,
  },
  {
    what: "Deno.exit()",
    expression: "Deno.exit()",
    says: /it called Deno\.exit\(\), which ends no job/,
  },
  {
    what: "self.close()",
    expression: "self.close()",
    says: /it called self\.close\(\), which ends no job/,
  },
  {
    what: "a key that crypto.subtle draws",
    expression:
      'await crypto.subtle.generateKey({ name: "AES-GCM", length: 128 }, true, ["encrypt"])',
    says: /it called crypto\.subtle\.generateKey, which draws by chance that its key does not fix/,
  },
  {
    what: "a signature or an encryption for which crypto.subtle draws",
    expression: 'await crypto.subtle.sign({ name: "ECDSA" }, {} as never, new Uint8Array())',
    says: /it called crypto\.subtle\.sign by ECDSA, which draws by chance/,
  },
  {
    what: "chance by process.getBuiltinModule",
    expression: 'process.getBuiltinModule("node:crypto").randomInt(9)',
    says: /it called randomInt of node:crypto, which draws by chance/,
  },
  {
    what: "chance by an object of process.getBuiltinModule",
    expression:
      'process.getBuiltinModule("node:crypto").createECDH("secp256k1").generateKeys("hex")',
    says: /it called createECDH of node:crypto, which draws by chance/,
  },
  {
    what: "the boundary that FormData draws",
    expression: 'new Response(new FormData()).headers.get("content-type")',
    says: /it called FormData, which draws by chance/,
  },
  {
    what: "a name that Deno draws for a temporary file",
    expression: "Deno.makeTempFileSync({ dir: await effects.makeTempDir() })",
    says: /it called Deno\.makeTempFileSync, which draws by chance/,
  },
  {
    what: "the WebGPU adapter, where the stage does not declare it",
    expression: "(await navigator.gpu.requestAdapter())?.info.vendor",
    says: /it asked for the WebGPU adapter, which its key does not hold; declare it by machine/,
  },
  {
    what: "another module by process.getBuiltinModule",
    expression: 'process.getBuiltinModule("node:os").arch()',
    says: /it asked for node:os, which reaches what its key does not hold/,
  },
  {
    what: "another working directory",
    expression: 'Deno.chdir("/")',
    says: /it called Deno\.chdir: the working directory is that of all jobs/,
  },
  {
    what: "the clock in a worker that it starts",
    expression: `await new Promise((resolve, reject) => {
      const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
      worker.onmessage = resolve;
      worker.onerror = (event) => {
        event.preventDefault();
        reject(new Error(event.message));
      };
    })`,
    files: { "worker.ts": "(self as never as Worker).postMessage(performance.now());" },
    says: /it reads the clock \(performance\.now\) in a worker, which cannot report it/,
  },
  {
    what: "a worker whose module is not written out in the call that starts it",
    before: 'const module = new URL("./worker.js", import.meta.url);',
    expression: 'new Worker(module, { type: "module" })',
    files: { "worker.js": "self.postMessage(Math.random());" },
    says:
      /it started a worker of which nothing is fixed; expected the module written out in the call/,
  },
];

/** No run begins, with these words. */
export const refused: readonly (Attempt & { readonly says: RegExp })[] = [
  {
    what: "a module whose name is computed",
    before: 'const name = ["./lazy", ".ts"].join("");',
    expression: "await import(name)",
    says:
      /The stage refused-\d+ imports what is computed while it runs.*stage\.ts: import\(name\)/s,
  },
  {
    what: "a module by new URL(…).href",
    expression: 'await import(new URL("./lazy.ts", import.meta.url).href)',
    files: { "lazy.ts": "export {};" },
    says: /imports what is computed while it runs/,
  },
  {
    what: "a module from a URL",
    before: 'import "https://example.org/elsewhere.ts";',
    expression: "1",
    says: /imports "https:\/\/example\.org\/elsewhere\.ts", which is neither/,
  },
  {
    what: "a file of another form, without a type",
    before: 'import "./style.css";',
    expression: "1",
    files: { "style.css": "" },
    says: /imports .*style\.css; expected TypeScript, JavaScript or JSON, or an import with/,
  },
  {
    what: "a module outside of the project",
    before: 'import "../../../../../../elsewhere.ts";',
    expression: "1",
    says: /elsewhere\.ts", which is neither a file of this repository/,
  },
  ...[
    ["chance by node:crypto", "crypto", "randomBytes(4)"],
    ["the machine by node:os", "os", "cpus()"],
    ["the clock by node:perf_hooks", "perf_hooks", "performance.now()"],
    ["the process by node:process", "process", "hrtime()"],
    ["files and standard output by node:fs", "fs", 'writeSync(1, "")'],
    ["standard output by node:console", "console", 'log("")'],
    ["standard output by node:tty", "tty", "isatty(1)"],
    ["another global scope by node:vm", "vm", 'runInNewContext("Math.random()")'],
    ["another worker by node:worker_threads", "worker_threads", "threadId"],
    ["other modules by node:module", "module", 'createRequire("file:///x")("os")'],
  ].map(([what, module, call]) => ({
    what,
    before: `import { ${/^\w+/.exec(call)![0]} } from "node:${module}";`,
    expression: call,
    says: new RegExp(`The stage refused-\\d+ imports node:${module} in .*stage\\.ts; expected`),
  })),
];

/** Every machine gives the same: the expression, and its value. */
export const fixed: readonly (Attempt & { readonly value: unknown })[] = [
  { what: "the time zone", expression: "new Date(0).getHours()", value: 0 },
  {
    what: "the language",
    expression: `[
      (1234.5).toLocaleString(),
      new Intl.NumberFormat().format(0.5),
      new Date(0).toLocaleDateString(),
      new Date(0).toString(),
      ["z", "ä"].sort((a, b) => a.localeCompare(b)).join(""),
      navigator.language,
      (1234.5).toLocaleString([]),
      (1234.5).toLocaleString("xx"),
      new Intl.NumberFormat("xx").resolvedOptions().locale,
      new Intl.DateTimeFormat([], { dateStyle: "full" }).format(0),
      Temporal.PlainDate.from("2020-03-04").toLocaleString(),
      Temporal.Duration.from({ hours: 2 }).toLocaleString("de"),
    ]`,
    value: [
      "1,234.5",
      "0.5",
      "1/1/1970",
      "Thu Jan 01 1970 00:00:00 GMT+0000 (Coordinated Universal Time)",
      "äz",
      "en-US",
      "1,234.5",
      "1,234.5",
      "en-US",
      "Thursday, January 1, 1970",
      "3/4/2020",
      "2 Std.",
    ],
  },
  {
    what: "environment variables, which are absent",
    expression: "[Object.keys(Deno.env.toObject()).length, process.env.HOME ?? null]",
    value: [0, null],
  },
  {
    what: "what the stage's modules keep, which is as new for each job",
    before: "let jobs = 0;",
    expression: "++jobs",
    value: 1,
    hasNext: true,
  },
  {
    what: "what a job gives to globals and their prototypes, which the next one does not see",
    before: "const own = Math as { left?: boolean };",
    expression: `[own.left ?? "absent", own.left = true][0]`,
    value: "absent",
    hasNext: true,
  },
  {
    what: "a method that a job replaces, which is as before for the next one",
    expression: `[[3].at(0), Array.prototype.at = () => undefined][0]`,
    value: 3,
    hasNext: true,
  },
  {
    what: "variables that a job sets, which the next one does not see",
    expression: `(() => {
      const found = [Deno.env.get("A") ?? "absent", process.env.B ?? "absent"];
      Deno.env.set("A", "1");
      process.env.B = "2";
      return found;
    })()`,
    value: ["absent", "absent"],
    hasNext: true,
  },
  {
    what: "timers that a job leaves running, which end with it",
    expression: `[
      process.getActiveResourcesInfo().length,
      setInterval(() => {}, 1000),
    ][0]`,
    value: 0,
    hasNext: true,
  },
  {
    what: "workers that a job leaves running, which end with it",
    before: "const late = Math as { heard?: boolean };",
    expression: `await (async () => {
      const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
      await new Promise((resolve) => worker.onmessage = resolve);
      worker.onmessage = () => late.heard = true;
      await effects.delay(100);
      return late.heard ?? "absent";
    })()`,
    files: {
      "worker.ts": `const host = self as never as Worker;
        host.postMessage("ready");
        setTimeout(() => host.postMessage("late"), 300);`,
    },
    value: "absent",
    hasNext: true,
  },
  {
    what: "the messages between a stage and its host, which it does not see",
    expression: `await (async () => {
      const seen: string[] = [];
      const { postMessage } = MessagePort.prototype;
      MessagePort.prototype.postMessage = function (...given: [unknown]) {
        seen.push("postMessage");
        return postMessage.apply(this, given);
      };
      await effects.makeTempDir();
      return seen;
    })()`,
    value: [],
  },
  {
    what: "a global that the DAG's module sets, which is absent",
    expression: 'String((globalThis as { setByDag?: number }).setByDag ?? "absent")',
    value: "absent",
  },
  {
    what: "the machine: its system, processor, number of cores, and versions of the runtime",
    expression: `[
      Deno.build.target,
      Deno.version.deno,
      process.platform,
      process.arch,
      process.version,
      navigator.hardwareConcurrency,
      navigator.userAgent,
    ]`,
    value: ["x86_64-unknown-linux-gnu", "2.9.6", "linux", "x64", "v26.3.0", 1, "Deno/2.9.6"],
  },
  {
    what: "the process: its number, working directory, arguments, memory and processor time",
    expression: `[
      [Deno.pid, Deno.ppid, process.pid, process.ppid],
      [Deno.cwd(), process.cwd(), location.href],
      [process.argv, process.execPath, process.title, Deno.execPath()],
      [Deno.memoryUsage().rss, process.memoryUsage().heapUsed, process.resourceUsage().maxRSS],
      process.cpuUsage(),
    ]`,
    value: [
      [1, 0, 1, 0],
      ["/project", "/project", "file:///project/stage.js"],
      [["deno", "/project/stage.js"], "deno", "deno", "deno"],
      [0, 0, 0],
      { user: 0, system: 0 },
    ],
  },
  {
    what: "standard input, which is empty, and the terminal, which is none",
    expression: `[
      Deno.stdin.readSync(new Uint8Array(1)),
      prompt("?"),
      Deno.stdin.isTerminal(),
      Deno.stdout.isTerminal(),
    ]`,
    value: [null, null, false, false],
  },
  {
    what: "Error.stack, which has no places; the log and the failure's message have them",
    before: 'const thrown = () => new TypeError("boom");',
    expression:
      "[thrown().stack, (() => { try { JSON.parse('{'); } catch (e) { return String((e as Error).stack).split('\\n').length; } })()]",
    value: ["TypeError: boom", 1],
  },
  {
    what: "the time of a file, which is 0 unless it is given, and none where it is on disk",
    expression: `[
      new File([], "made").lastModified,
      new File([], "made", { lastModified: 7 }).lastModified,
      new NodeFile([], "made").lastModified,
      await effects.makeTempDir().then((path) => Deno.statSync(path).mtime),
      await effects.makeTempDir().then((path) => Deno.stat(path)).then(({ mtime }) => mtime),
    ]`,
    before: 'import { File as NodeFile } from "node:buffer";',
    value: [0, 7, 0, null, null],
  },
];

/** Follows from the key: the same in every run of a job, another in another job. */
export const fromTheKey: readonly Attempt[] = [
  {
    what: "chance: Math.random and crypto",
    expression:
      "[Math.random(), crypto.randomUUID(), ...crypto.getRandomValues(new Uint8Array(4))]",
  },
  {
    what: "chance in a worker that it starts; another worker has another",
    expression: `await Promise.all([1, 2].map((name) =>
      new Promise((resolve) => {
        const options = { type: "module", name: String(name) } as const;
        const worker = new Worker(new URL("./worker.ts", import.meta.url), options);
        worker.onmessage = ({ data }) => resolve(data);
      })
    ))`,
    files: { "worker.ts": "(self as never as Worker).postMessage([self.name, Math.random()]);" },
  },
];

/** Can change a result, and is reported to the user. */
export const reported: readonly (Attempt & { readonly clocks: readonly string[] })[] = [
  {
    what: "the clock: Date.now() and new Date()",
    expression: "[typeof Date.now(), typeof new Date(), typeof Date()]",
    clocks: ["Date.now", "new Date", "Date"],
  },
  {
    what: "the clock: performance",
    expression:
      "[typeof performance.now(), typeof performance.timeOrigin, performance.mark('m').name, " +
      "new PerformanceMark('m').name]",
    clocks: [
      "performance.now",
      "performance.timeOrigin",
      "performance.mark",
      "new PerformanceMark",
    ],
  },
  {
    what: "the clock: process.hrtime() and process.uptime()",
    expression:
      "[typeof process.hrtime(), typeof process.hrtime.bigint(), typeof process.uptime()]",
    clocks: ["process.hrtime", "process.hrtime.bigint", "process.uptime"],
  },
  {
    what: "the clock, by code that is made from text",
    expression: `[typeof eval("Date.now()"), typeof new Function("return performance.now()")()]`,
    clocks: ["Date.now", "performance.now"],
  },
  {
    what: "the clock: Temporal.Now",
    expression: "[typeof Temporal.Now.instant(), typeof Temporal.Now.plainDateISO()]",
    clocks: ["Temporal.Now.instant", "Temporal.Now.plainDateISO"],
  },
  {
    what: "the clock: Intl.DateTimeFormat without a date",
    expression:
      "[typeof new Intl.DateTimeFormat().format(), typeof new Intl.DateTimeFormat().formatToParts()]",
    clocks: ["Intl.DateTimeFormat.format", "Intl.DateTimeFormat.formatToParts"],
  },
];
