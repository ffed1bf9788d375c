/**
 * The part of `jsr:@std/assert` that this project's tests use, built on `node:assert`, for machines
 * that cannot reach JSR. Same names, argument order and failures; take `"links"` out of the root's
 * `deno.json` to use the original.
 */
import nodeAssert from "node:assert/strict";

export class AssertionError extends Error {
  override name = "AssertionError";
}

// deno-lint-ignore no-explicit-any
type Constructor<E> = new (...args: any[]) => E;

function check(test: () => void, message?: string): void {
  try {
    test();
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new AssertionError(message === undefined ? detail : `${message}\n${detail}`, { cause });
  }
}

/** Fails unless `value` is truthy. */
export function assert(value: unknown, message = "Expected a truthy value"): asserts value {
  if (!value) throw new AssertionError(message);
}

/** Fails unless both are deeply and strictly equal. */
export function assertEquals<T>(actual: T, expected: T, message?: string): void {
  check(() => nodeAssert.deepStrictEqual(actual, expected), message);
}

/** Fails if both are deeply and strictly equal. */
export function assertNotEquals<T>(actual: T, expected: T, message?: string): void {
  check(() => nodeAssert.notDeepStrictEqual(actual, expected), message);
}

/** Fails unless |actual - expected| <= tolerance, by default 1e-7 of `expected`, as in the original. */
export function assertAlmostEquals(
  actual: number,
  expected: number,
  tolerance?: number,
  message?: string,
): void {
  if (Object.is(actual, expected)) return;
  const bound = tolerance ?? (Number.isFinite(expected) ? Math.abs(expected * 1e-7) : 1e-7);
  if (Math.abs(actual - expected) <= bound) return;
  throw new AssertionError(
    `${message ? message + "\n" : ""}Expected ${actual} to be within ${bound} of ${expected}`,
  );
}

/** Fails unless `actual` contains `expected`. */
export function assertStringIncludes(actual: string, expected: string, message?: string): void {
  if (actual.includes(expected)) return;
  throw new AssertionError(
    `${message ? message + "\n" : ""}Expected ${JSON.stringify(actual)} to contain ${
      JSON.stringify(expected)
    }`,
  );
}

/** Fails unless `expected` matches `actual`. */
export function assertMatch(actual: string, expected: RegExp, message?: string): void {
  check(() => nodeAssert.match(actual, expected), message);
}

function checkThrown<E extends Error>(
  error: unknown,
  type: Constructor<E>,
  includes?: string,
): E {
  if (!(error instanceof type)) {
    throw new AssertionError(`Expected ${type.name} to be thrown, found ${String(error)}`, {
      cause: error,
    });
  }
  if (includes !== undefined) assertStringIncludes(error.message, includes);
  return error;
}

/** Fails unless `test` throws an instance of `type` whose message contains `includes`. */
export function assertThrows<E extends Error = Error>(
  test: () => unknown,
  type: Constructor<E> = Error as unknown as Constructor<E>,
  includes?: string,
): E {
  try {
    test();
  } catch (error) {
    return checkThrown(error, type, includes);
  }
  throw new AssertionError(`Expected ${type.name} to be thrown, nothing was`);
}

/** Fails unless `test` rejects with an instance of `type` whose message contains `includes`. */
export async function assertRejects<E extends Error = Error>(
  test: () => PromiseLike<unknown>,
  type: Constructor<E> = Error as unknown as Constructor<E>,
  includes?: string,
): Promise<E> {
  try {
    await test();
  } catch (error) {
    return checkThrown(error, type, includes);
  }
  throw new AssertionError(`Expected a rejection with ${type.name}, none came`);
}
