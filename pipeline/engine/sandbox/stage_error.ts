/** Carries what a stage threw: its message, and the places in the project's files that led there. */

export class StageError extends Error {
  /** Name of the stage's own error. */
  override readonly name: string;
  /** Lines "at stages/x.ts:3:9", the innermost first. */
  readonly trace: readonly string[];

  constructor(message: string, trace: readonly string[], name = "Error") {
    super(message);
    this.name = name;
    this.trace = trace;
  }
}

/** Places that are kept of one trace. */
const most = 12;

/** Before the name of a file of the project in a stack, as the source maps of bundles give it. */
export const sourceScheme = "project:";

/**
 * The places of a stack in the project's files, by paths relative to its root. Names of functions are left
 * out, as bundling shortens them; so are the frames of the engine, the runtime and packages.
 */
export function traceOf(stack: string): string[] {
  const places = [...stack.matchAll(/^ {4}at .*?\bproject:([^()\n]+:\d+:\d+)\)?$/gm)];
  return places.map(([, place]) => `at ${place}`).slice(0, most);
}
