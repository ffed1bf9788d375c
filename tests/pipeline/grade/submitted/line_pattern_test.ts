/** Tests how patterns are read and matched, also with texts of megabytes that are made to be slow. */
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { linesOf, matchesIn } from "../../../../pipeline/grade/submitted/line_pattern.ts";
import { parsePattern } from "../../../../schemas/run/text_pattern.ts";

/** Numbers of each match, as objects. */
const found = (pattern: string, text: string) =>
  matchesIn(linesOf(text), parsePattern(pattern)).map((match) => Object.fromEntries(match));

const line =
  "Epoch {epoch}, Train loss {train-loss}, Test loss {test-loss}, Test Accuracy {test-accuracy}";

Deno.test("a pattern finds its numbers by name, whatever the line has before and after", () => {
  assertEquals(
    found(
      line,
      "[INFO] epoch  3,\tTrain loss 1.8e-1, Test loss .5, Test Accuracy 0.86 (2.1 s)\nEpoch 4\n",
    ),
    [{ epoch: 3, "train-loss": 0.18, "test-loss": 0.5, "test-accuracy": 0.86 }],
  );
  assertEquals(found("loss {loss}", "loss0.5 Loss -1. loss +2E3"), [
    { loss: 0.5 },
    { loss: -1 },
    { loss: 2000 },
  ]);
  assertEquals(found("{a} of {b}", "1 of 2, 3 of 4"), [{ a: 1, b: 2 }, { a: 3, b: 4 }]);
  assertEquals(found("{a}, {b}", "1,2\r3 , 4"), [{ a: 1, b: 2 }]);
  assertEquals(found("loss {loss}", "loss nan, loss -inf, loss Infinity, loss info"), [
    { loss: NaN },
    { loss: -Infinity },
    { loss: Infinity },
  ]);
});

Deno.test("a number is whole: none begins or ends within a word or another number", () => {
  assertEquals(found("{n} of", "x3 of 4.5.1 of 3rd of"), []);
  assertEquals(found("loss {loss}", "loss 1.2.3, loss 3rd, loss 4e, loss 5"), [{ loss: 5 }]);
  assertEquals(found("{s}s", "12s 3sec"), [{ s: 12 }, { s: 3 }]);
});

Deno.test("thousands may be apart, and a minus may be that of typesetting", () => {
  assertEquals(found("{n} of {m}", "9,277 of 10,000, 1,234,567.5 of -1,000"), [
    { n: 9277, m: 10_000 },
    { n: 1_234_567.5, m: -1000 },
  ]);
  assertEquals(found("loss {l}", "loss −0.5, loss 1e−3, loss −inf"), [
    { l: -0.5 },
    { l: 0.001 },
    { l: -Infinity },
  ]);
  // A list is none of thousands.
  assertEquals(found("{a}, {b}", "3,100"), [{ a: 3, b: 100 }]);
  // Nor is a decimal with a comma its whole part: a loss of 0,95 would be one of 0.
  assertEquals(found("loss {l}", "loss 1,23 loss 1,2345 loss 0,123 loss 1,234,5 loss 4, 5"), [
    { l: 4 },
  ]);
});

Deno.test("where a number has a comma for its point, no comma stands between thousands", () => {
  const losses = "epoch 0 loss 2,302\nepoch 1 loss 1,095\nepoch 2 loss 0,951\n";
  assertEquals(found("epoch {e} loss {l}", losses), []);
  assertEquals(found("epoch {e} loss", losses), [{ e: 0 }, { e: 1 }, { e: 2 }]);
  // Numbers of a list have none.
  assertEquals(found("correct {n}", "correct 0.1,0.2\ncorrect 9,277"), [{ n: 9277 }]);
});

Deno.test("any text can stand between numbers, and braces can be written", () => {
  assertEquals(found("Epoch {e} {*} val {v}", "epoch 1 - 3s 2ms/step - loss 4 - val 0.25"), [
    { e: 1, v: 0.25 },
  ]);
  assertEquals(found("Epoch {e} {*} val {v}", "epoch 1 - loss 4"), []);
  assertEquals(found("{{'loss': {loss}}}", "{'loss': 0.5}"), [{ loss: 0.5 }]);
});

Deno.test("colours, progress bars and Windows' line ends do not disturb", () => {
  assertEquals(
    found("loss {l}", "\u001b[1;31mloss\u001b[0m 1\r\n 10%|#| loss 2\r100%|##| loss 3"),
    [
      { l: 1 },
      { l: 2 },
      { l: 3 },
    ],
  );
});

Deno.test("a pattern that is none is refused with the reason", () => {
  for (
    const [pattern, reason] of [
      ["loss", "expected a name in braces"],
      ["{a}{b}", "expected text between {a} and {b}"],
      ["{a} {a}", "found {a} again"],
      ["{a b}", 'found "{a b}"'],
      ["{a} {", "found one brace"],
      ["{} {a}", 'found "{}"'],
    ]
  ) {
    const { message } = assertThrows(() => parsePattern(pattern)) as Error;
    assertStringIncludes(message, reason);
  }
});

Deno.test("hostile text of megabytes takes time in proportion to its size", () => {
  const size = 1_000_000;
  const patterns = [line, "{a} of {b}", "1{n}", "a {*} b {*} c {n}", "aaaaaaaaab {n}", "{n}x"];
  const texts = [
    "1",
    "a",
    " ",
    "\t ",
    "epoch 1, train loss ",
    "a b ",
    "1.",
    "+-",
    "1e",
    "aaaaaaaaa",
    "\u001b[",
    "\u001b[1;1;",
    "nan",
    "\r",
    "epoch ",
    "\u0130",
  ].map((piece) => piece.repeat(size / piece.length));
  // Quadratic time would be hours.
  for (const text of texts) {
    const lines = linesOf(text);
    for (const pattern of patterns) matchesIn(lines, parsePattern(pattern));
  }
});
