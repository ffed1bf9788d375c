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
interface Choice {
  readonly kind: "choice";
  readonly name: string;
  readonly label: string;
  readonly options: readonly { readonly value: string; readonly label: string }[];
  readonly initial: string;
}

/** A number on a slider. */
interface Range {
  readonly kind: "range";
  readonly name: string;
  readonly label: string;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly initial: number;
}

/** A number that is typed, or chosen from a list of known ones. */
interface Typed {
  readonly kind: "number";
  readonly name: string;
  readonly label: string;
  readonly min: number;
  readonly max: number;
  /** Values with a name; any other one can be typed. */
  readonly presets: readonly { readonly value: number; readonly label: string }[];
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

/** A panel as a project declares it, in the array `panels` of its `panelsModule`. */
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
  readonly label: string;
  readonly measured: string;
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

/** The half of a panel that runs in the page. */
export interface PanelScript<Data = unknown> {
  /** Called once, when the panel comes into view. */
  open(
    data: Data,
    modules: Readonly<Record<string, WebAssembly.Module>>,
  ): Computation | Promise<Computation>;
}

/** A panel as the page carries it for its script. */
export interface PackedPanel {
  readonly charts: Readonly<Record<string, { readonly spec: unknown; readonly label: string }>>;
  readonly data: unknown;
  readonly modules: readonly string[];
  readonly initial: Settings;
}
