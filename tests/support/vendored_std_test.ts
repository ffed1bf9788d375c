/** Tests our stand-ins for @std/assert and @std/cli: they fail when they should, as the originals do. */
import * as std from "@std/assert";
import { parseArgs } from "@std/cli/parse-args";

/** Without using what is tested here. */
function mustThrow(what: string, test: () => unknown): void {
  try {
    test();
  } catch (error) {
    if (error instanceof std.AssertionError) return;
    throw new Error(`${what}: expected an AssertionError`, { cause: error });
  }
  throw new Error(`${what}: nothing was thrown`);
}

Deno.test("every assertion passes what it should", async () => {
  std.assert(1);
  std.assertEquals({ a: [1, NaN, new Uint8Array(2)] }, { a: [1, NaN, new Uint8Array(2)] });
  std.assertNotEquals([1], [2]);
  std.assertAlmostEquals(1, 1 + 1e-8);
  std.assertAlmostEquals(1, 1.05, 0.1);
  std.assertStringIncludes("abc", "b");
  std.assertMatch("abc", /b/);
  const thrown: RangeError = std.assertThrows(
    () => {
      throw new RangeError("too far");
    },
    RangeError,
    "far",
  );
  std.assertEquals(thrown.message, "too far");
  await std.assertRejects(() => Promise.reject(new RangeError("too far")), RangeError, "far");
});

Deno.test("every assertion fails what it should", async () => {
  mustThrow("assert", () => std.assert(0));
  mustThrow("assertEquals", () => std.assertEquals<unknown>({ a: 1 }, { a: "1" }));
  mustThrow("assertEquals of zeros", () => std.assertEquals(0, -0));
  mustThrow("assertNotEquals", () => std.assertNotEquals([1], [1]));
  mustThrow("assertAlmostEquals", () => std.assertAlmostEquals(1, 1.1));
  mustThrow("assertAlmostEquals of NaN", () => std.assertAlmostEquals(NaN, 1, 10));
  mustThrow("assertStringIncludes", () => std.assertStringIncludes("abc", "d"));
  mustThrow("assertMatch", () => std.assertMatch("abc", /d/));
  mustThrow("assertThrows, nothing thrown", () => std.assertThrows(() => {}));
  mustThrow("assertThrows, another type", () =>
    std.assertThrows(() => {
      throw new TypeError("x");
    }, RangeError));
  mustThrow("assertThrows, another message", () =>
    std.assertThrows(
      () => {
        throw new Error("x");
      },
      Error,
      "y",
    ));
  const rejections = [
    () => std.assertRejects(() => Promise.resolve()),
    () => std.assertRejects(() => Promise.reject(new TypeError("x")), RangeError),
    () => std.assertRejects(() => Promise.reject(new Error("x")), Error, "y"),
  ];
  for (const rejection of rejections) {
    const outcome = await rejection().then(() => undefined, (error) => error);
    mustThrow("assertRejects", () => {
      if (outcome !== undefined) throw outcome;
    });
  }
});

Deno.test("arguments are parsed as @std/cli parses them", () => {
  const parse = (...args: string[]) =>
    parseArgs(args, {
      boolean: ["json"],
      string: ["_", "set", "only"],
      collect: ["set"],
      unknown: (arg, key) => {
        if (key !== undefined) throw new RangeError(arg);
      },
    });
  std.assertEquals(parse(), { _: [], json: false, set: [] } as unknown as ReturnType<typeof parse>);
  std.assertEquals(
    parse("7", "--set", "a=1", "--json", "--only=x", "--set=b=2", "--", "--set"),
    { _: ["7", "--set"], json: true, set: ["a=1", "b=2"], only: "x" },
  );
  std.assertThrows(() => parse("--jsno"), RangeError, "--jsno");
  std.assertThrows(() => parse("--jsno=1"), RangeError, "--jsno=1");
});
