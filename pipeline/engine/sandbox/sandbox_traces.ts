/**
 * Finds what a job leaves behind in its worker, where the next job of its stage would see it: a global, a property
 * of what the globals hold, a variable, or a timer. What an npm package keeps within itself stays unseen.
 */

/** The prototype of an object, and its properties: name → value or getter. */
interface Shape {
  readonly prototype: object | null;
  readonly properties: ReadonlyMap<PropertyKey, unknown>;
}

/** Looks at the globals as they are; gives how to tell that a job left them so, and no timer that runs. */
export function watchTraces(): () => boolean {
  const { process } = globalThis as { process?: { getActiveResourcesInfo(): string[] } };
  const running = process?.getActiveResourcesInfo.bind(process) ?? (() => []);
  const variables = Deno.env.toObject;
  const shapes = globalShapes();
  return () =>
    !running().includes("Timeout") && Object.keys(variables()).length === 0 &&
    shapes.entries().every(([one, shape]) => isStill(one, shape));
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
    for (const [name, value] of shape.properties) if (!isOfPackage(name)) left.push(value);
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

const shapeOf = (one: object): Shape => ({
  prototype: Reflect.getPrototypeOf(one),
  properties: new Map(
    Reflect.ownKeys(one).map((name) => {
      const { get, value } = Reflect.getOwnPropertyDescriptor(one, name)!;
      return [name, get ?? value];
    }),
  ),
});

function isStill(one: object, before: Shape): boolean {
  const { prototype, properties } = shapeOf(one);
  return prototype === before.prototype && properties.size === before.properties.size &&
    properties.entries().every(([name, value]) =>
      before.properties.has(name) && Object.is(value, before.properties.get(name))
    );
}
