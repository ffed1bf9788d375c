/** Tests the messages about values that a stage throws, whatever they are. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { bounded, wordThrown, wordWithCauses } from "../../../pipeline/engine/sandbox/thrown.ts";
import { fanin, runsIn, workspace } from "../../support/workspace.ts";

class Unreadable extends Error {
  override get message(): string {
    throw new Error("no message today");
  }
}

const untouchable = new Proxy({}, {
  getPrototypeOf() {
    throw new Error("not even this");
  },
});

Deno.test("an Error is reported by its message, a thrown text as it is", () => {
  assertEquals(wordThrown(new TypeError("it is no function")), "it is no function");
  assertEquals(wordThrown("the disk is full"), "the disk is full");
});

Deno.test("a thrown value that is no Error is shown, with the expected type", () => {
  const shown: [unknown, string][] = [
    [undefined, "it threw undefined; expected an Error"],
    [null, "it threw null; expected an Error"],
    [{ a: 1 }, "it threw { a: 1 }; expected an Error"],
    [12n, "it threw 12n; expected an Error"],
    [Symbol("end"), "it threw Symbol(end); expected an Error"],
    ["", 'it threw ""; expected an Error'],
    [new RangeError(), "it threw an empty RangeError; expected a message"],
    [new Unreadable(), "it threw an Error whose message cannot be read: no message today"],
    [Object.assign(new Error(), { message: { a: 1 } }), "it threw an Error with the message { a:"],
    [untouchable, "it threw a value that cannot be shown; expected an Error"],
  ];
  for (const [thrown, words] of shown) assertStringIncludes(wordThrown(thrown), words);
});

Deno.test("a cause is said once, also where the message has its words already", () => {
  const words = (message: string, cause?: unknown) => wordWithCauses(new Error(message, { cause }));
  const full = new RangeError("the disk is full");
  assertEquals(
    words("no file was written", full),
    "no file was written;\nCaused by: the disk is full",
  );
  assertEquals(words("no file was written: the disk is full. Free it.", full).match(/full/g), [
    "full",
  ]);
  assertEquals(words("no file was written", "a text"), "no file was written");
});

Deno.test("an error is followed by all that it gathers or was caused by, each once", async () => {
  const refused = new Error("no answer", { cause: new TypeError("the port is closed") });
  const gathered = new AggregateError([refused, "a text", new Error("too slow"), refused], "none");
  assertEquals(
    wordWithCauses(new Error("nothing was fetched", { cause: gathered })),
    [
      "nothing was fetched;",
      "Caused by: none;",
      "Error 1 of 4: no answer;",
      "Caused by: the port is closed;",
      "Error 3 of 4: too slow",
    ].join("\n"),
  );
  const any = await Promise.any([
    Promise.reject(new Error("one")),
    Promise.reject(new Error("two")),
  ])
    .catch((error) => error);
  assertEquals(
    wordWithCauses(any),
    "All promises were rejected;\nError 1 of 2: one;\nError 2 of 2: two",
  );
});

Deno.test("errors that contain themselves, are very many or cannot be read are worded too", () => {
  const circle: Error & { errors?: Error[] } = new Error("round");
  circle.cause = circle;
  circle.errors = [circle, new Error("and again", { cause: circle })];
  assertEquals(wordWithCauses(circle), "round;\nError 2 of 2: and again");
  const many = new AggregateError(
    Array.from({ length: 1e5 }, (_, i) => new Error(`no. ${i}`)),
    "all",
  );
  const lines = wordWithCauses(many).split("\n");
  assertEquals([lines.length, lines.at(-1)], [20, "Error 19 of 100000: no. 18"]);
  const secret = Object.defineProperty(new Error("secret"), "cause", {
    get() {
      throw new Error("not today");
    },
  });
  assertEquals(wordWithCauses(secret), "secret");
});

Deno.test("a message of megabytes or of many lines is cut, and says how much is left out", () => {
  for (const text of ["x".repeat(10_000_000), "a line\n".repeat(1_000_000), "é🙂".repeat(5_000)]) {
    const words = bounded(text);
    const [, left] = /… and ([\d,]+) more characters$/.exec(words)!;
    const beginning = words.slice(0, words.lastIndexOf("\n"));
    assert(text.startsWith(beginning.replace(/\ufffd$/, "")));
    assertEquals(beginning.length + Number(left.replaceAll(",", "")), text.length);
    assert(words.length <= 8_000 && words.split("\n").length <= 60);
    assertEquals(bounded(words), words, "it is not cut twice");
  }
  assert(wordThrown({ text: "x".repeat(10_000_000) }).length < 10_000);
});

Deno.test("a job whose stage throws anything fails with its name and bounded words", async () => {
  await using place = await workspace();
  const failing = (how: string) =>
    fanin(place, ["reproduce", "--only", "fragile/first", "--set", `fragile.first.fail=${how}`]);
  const nothing = await failing("throw-nothing");
  assertEquals(nothing.code, 2);
  assertStringIncludes(nothing.err, "failed  fragile/first: it threw undefined; expected an Error");
  const aside = await failing("reject-aside");
  assertEquals(aside.code, 2);
  assertStringIncludes(aside.err, "failed  fragile/first: nobody waits for this");
  const long = await failing("throw-megabytes");
  assertEquals(long.code, 2);
  assertMatch(long.err, /failed {2}fragile\/first: a long story,/);
  assertMatch(long.err, / … \(at .*\)\. Log: \S+first\.log/);
  const manifest = await Deno.readTextFile(
    join(place.path, "artifacts", "runs", runsIn(place.path)[2], "manifest.json"),
  );
  assertMatch(manifest, /… and 9,99\d,\d{3} more characters/);
  assert(long.err.length + long.out.length < 40_000);
});
