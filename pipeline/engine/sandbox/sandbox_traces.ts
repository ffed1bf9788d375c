/**
 * Finds what a job leaves behind in its worker, where the next job of its stage would see it: a global, a property
 * of what the globals hold, a variable, a timer, or a worker. What an npm package keeps within itself stays unseen.
 */

import { replace } from "./sandbox_replace.ts";

// As they are now: a stage may replace them.
const { getOwnPropertyDescriptor, getPrototypeOf, ownKeys } = Reflect;

/** The prototype of an object, the names of its properties, and the value or getter of each. */
interface Shape {
  readonly prototype: object | null;
  readonly names: readonly PropertyKey[];
  readonly values: readonly unknown[];
}

/** Looks at the globals as they are; gives how to tell that a job left them so, and no timer or worker that runs. */
export function watchTraces(workers: ReadonlySet<Worker>): () => boolean {
  const { process } = globalThis as { process?: { getActiveResourcesInfo(): string[] } };
  const running = process?.getActiveResourcesInfo.bind(process) ?? (() => []);
  const variables = Deno.env.toObject;
  const shapes = globalShapes();
  return () =>
    workers.size === 0 && !running().includes("Timeout") && Object.keys(variables()).length === 0 &&
    shapes.entries().every(([one, shape]) => isStill(one, shape));
}

/** The workers that were started and not ended. Called before anything decides which are started. */
export function watchWorkers(): ReadonlySet<Worker> {
  const workers = new Set<Worker>();
  const { terminate } = Worker.prototype;
  replace(Worker.prototype, "terminate", function (this: Worker) {
    workers.delete(this);
    terminate.call(this);
  });
  replace(
    globalThis,
    "Worker",
    new Proxy(Worker, {
      construct(...given) {
        const worker: Worker = Reflect.construct(...given);
        workers.add(worker);
        return worker;
      },
    }),
  );
  return workers;
}

/** The shapes of the global object and of all that it leads to without a getter. */
function globalShapes(): Map<object, Shape> {
  const shapes = new Map<object, Shape>();
  const left: unknown[] = [globalThis];
  while (left.length > 0) {
    const one = left.pop();
    if (!isWatched(one) || shapes.has(one)) continue;
    const shape = shapeOf(one);
    shapes.set(one, shape);
    left.push(shape.prototype);
    left.push(...shape.values.filter((_, i) => !isOfPackage(shape.names[i])));
  }
  return shapes;
}

/** Packages that the engine has loaded keep their state under such names: `__zod_globalConfig`. */
const isOfPackage = (name: PropertyKey): boolean => String(name).startsWith("__");

/** Methods are left out: they are two thirds of all objects, and nobody gives them properties. */
function isWatched(value: unknown): value is object {
  if (typeof value === "function") return Object.hasOwn(value, "prototype");
  return typeof value === "object" && value !== null;
}

const propertyOf = (one: object, name: PropertyKey): unknown => {
  const { get, value } = getOwnPropertyDescriptor(one, name)!;
  return get ?? value;
};

function shapeOf(one: object): Shape {
  const names = ownKeys(one);
  return {
    prototype: getPrototypeOf(one),
    names,
    values: names.map((name) => propertyOf(one, name)),
  };
}

/** Each small job waits for 3,000 of these comparisons, so that they look a name up only where it has moved. */
function isStill(one: object, before: Shape): boolean {
  const names = ownKeys(one);
  return getPrototypeOf(one) === before.prototype && names.length === before.names.length &&
    names.every((name, i) => {
      // The runtime adds some of its own again when they are first used.
      const at = name === before.names[i] ? i : before.names.indexOf(name);
      return at >= 0 && Object.is(propertyOf(one, name), before.values[at]);
    });
}
