/**
 * Defines panels: parts of the report in which a reader chooses settings and the page computes. A project
 * delivers them with the code that computes; the report draws form, charts and values.
 *
 * A panel has two halves. `prepare` runs where the report is written, reads the run's outputs and gives
 * what the page needs. The module `script` runs in the page, bundled with what it imports; it exports
 * `panel` of type `PanelScript`. Its computations are generators, so that the page stays responsive.
 */
import type { ArtifactType } from "../../formats/artifact_type.ts";

/** One choice of a list. */
export interface Choice {
  /** Names this kind of field. */
  readonly kind: "choice";
  /** Its name among the settings. */
  readonly name: string;
  /** Stands beside it. */
  readonly label: string;
  /** Values to choose from, in order. */
  readonly options: readonly { readonly value: string; readonly label: string }[];
  /** The value that is shown first. */
  readonly initial: string;
}

/** A number on a slider. */
export interface Range {
  /** Names this kind of field. */
  readonly kind: "range";
  /** Its name among the settings. */
  readonly name: string;
  /** Stands beside it. */
  readonly label: string;
  /** Least value. */
  readonly min: number;
  /** Largest value. */
  readonly max: number;
  /** Distance of neighbouring values. */
  readonly step: number;
  /** The value that is shown first. */
  readonly initial: number;
}

/** A number that is typed, or chosen from a list of known ones. */
export interface Typed {
  /** Names this kind of field. */
  readonly kind: "number";
  /** Its name among the settings. */
  readonly name: string;
  /** Stands beside it. */
  readonly label: string;
  /** Least value. */
  readonly min: number;
  /** Largest value. */
  readonly max: number;
  /** Values with a name; any other one can be typed. */
  readonly presets: readonly { readonly value: number; readonly label: string }[];
  /** The value that is shown first. */
  readonly initial: number;
}

/** A field of a panel's form. */
export type Control = Choice | Range | Typed;

/** Values of the controls by their names: texts of choices, numbers of the others. */
export type Settings = Readonly<Record<string, string | number>>;

/** A chart of a panel. */
export interface PanelChart {
  /** Stands above it. */
  readonly title: string;
  /** Vega-Lite; its data is the set of rows with the chart's name. */
  readonly spec: Record<string, unknown>;
  /** The picture's text alternative; the outcome has the values. */
  readonly label: string;
}

/** All that a panel needs in the page. */
export interface PanelContent {
  /** A heading that says what can be tried. */
  readonly title: string;
  /** Markdown that says what to try. */
  readonly about: string;
  /** Fields of the form, in order; their initial values are shown first. */
  readonly controls: readonly Control[];
  /** Charts by name, in order. */
  readonly charts: Readonly<Record<string, PanelChart>>;
  /** JSON for the script. */
  readonly data: unknown;
  /** WebAssembly modules by name; the page compiles them for the script. */
  readonly modules?: Readonly<Record<string, Uint8Array<ArrayBuffer>>>;
}

/** The outputs of the run that a report shows. */
export interface PanelRun {
  /** The value of the first output of a type; undefined where the run has none. */
  find<Value>(type: ArtifactType<string, Value>): Value | undefined;
}

/**
 * A panel as a project declares it, in the array `panels` of its `panelsModule`.
 *
 * @example
 * ```ts
 * import { metrics, type Panel } from "fanin";
 *
 * export const panels: readonly Panel[] = [{
 *   id: "guess",
 *   section: "results",
 *   below: "loss.vl.json",
 *   script: import.meta.resolve("./guess_script.ts"),
 *   prepare: (run) =>
 *     Promise.resolve({
 *       title: "Guess the loss",
 *       about: "Choose a number of steps.",
 *       controls: [
 *         { kind: "range", name: "steps", label: "Steps", min: 1, max: 9, step: 1, initial: 3 },
 *       ],
 *       charts: {},
 *       data: run.find(metrics),
 *     }),
 * }];
 * ```
 */
export interface Panel {
  /** Unique in a project: a-z, 0-9 and -. */
  readonly id: string;
  /** The run's section in which it stands. */
  readonly section: string;
  /** The `….vl.json` output of the section's job below which it stands. */
  readonly below: string;
  /** URL of the module that runs in the page. */
  readonly script: string;
  /** Undefined for a run that has not what the panel needs. */
  prepare(run: PanelRun): Promise<PanelContent | undefined>;
}

/** A row of the table of values. */
export interface PanelValue {
  /** Names the value. */
  readonly label: string;
  /** Text of the cell. */
  readonly measured: string;
  /** Text of the cell. */
  readonly predicted: string;
}

/** The findings of a computation, so far. */
export interface Outcome {
  /** Rows by chart. */
  readonly rows: Readonly<Record<string, readonly Record<string, unknown>[]>>;
  /** Heads of the table's columns. */
  readonly columns: { readonly measured: string; readonly predicted: string };
  /** Rows of the table. */
  readonly values: readonly PanelValue[];
  /** The result in a sentence or two. */
  readonly sentence: string;
}

/** A function that gives the outcome as it is after the steps that were made. */
export type Found = () => Outcome;

/** Computes for settings: each step takes a few milliseconds and gives how to see what is found. */
export type Computation = (settings: Settings) => Iterator<Found, Found>;

/**
 * The half of a panel that runs in the page.
 *
 * @example
 * ```ts
 * import type { PanelScript } from "fanin";
 *
 * export const panel: PanelScript = {
 *   open: () =>
 *     function* ({ steps }) {
 *       const loss = Math.exp(-Number(steps));
 *       return () => ({
 *         rows: {},
 *         columns: { measured: "Loss", predicted: "Steps" },
 *         values: [{ label: "Guess", measured: loss.toFixed(3), predicted: String(steps) }],
 *         sentence: `After ${steps} steps the loss is ${loss.toFixed(3)}.`,
 *       });
 *     },
 * };
 * ```
 */
export interface PanelScript<Data = unknown> {
  /** Called once, when the panel comes into view. */
  open(
    data: Data,
    modules: Readonly<Record<string, WebAssembly.Module>>,
  ): Computation | Promise<Computation>;
}

/** A panel as the page carries it for its script. */
export interface PackedPanel {
  readonly charts: Readonly<Record<string, Pick<PanelChart, "spec" | "label">>>;
  readonly data: unknown;
  readonly modules: readonly string[];
  readonly initial: Settings;
}
