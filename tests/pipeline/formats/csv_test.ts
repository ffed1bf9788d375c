/** Tests CSV: dialects of other programs are read, round trips, and errors with their line. */
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import fc from "fast-check";
import { z } from "zod";
import { csv, formatCsv, parseCsv } from "../../../pipeline/formats/csv.ts";
import { FormatError } from "../../../pipeline/formats/artifact_type.ts";
import { utf8 } from "../../support/utf8.ts";

Deno.test("fields survive a round trip", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 4 }).chain((width) =>
        fc.array(
          fc.array(
            fc.string({ unit: fc.constantFrom("a", ",", '"', "\n", "\r", " ", "ü", "\ufeff") }),
            {
              minLength: width,
              maxLength: width,
            },
          ),
        )
      ),
      (rows) => assertEquals(parseCsv(formatCsv(rows)), rows),
    ),
  );
});

Deno.test("lines of other systems, a mark at the start and a missing end of line are read", () => {
  assertEquals(parseCsv('\ufeffa,b\r\n1,"x\r\ny"\r\n,'), [["a", "b"], ["1", "x\r\ny"], ["", ""]]);
  assertEquals(parseCsv(""), []);
});

const sites = csv("sites", z.strictObject({ site: z.string(), depth: z.coerce.number() }));

Deno.test("a table is rows of checked values, and has the same bytes each time", () => {
  const bytes = utf8('site,depth\nnorth,1.5\n"a,b",2\n');
  const rows = sites.decode(bytes);
  assertEquals(rows, [{ site: "north", depth: 1.5 }, { site: "a,b", depth: 2 }]);
  assertEquals(sites.encode(rows), bytes);
  assertEquals(sites.decode(sites.encode([])), []);
});

Deno.test("a field of ten megabytes is read", () => {
  const long = `x""${"x".repeat(1e7)}`;
  assertEquals(parseCsv(`a\n"${long}"\n`)[1][0].length, long.length - 1);
});

Deno.test("a value is in the file, or its table is refused with its place", () => {
  const open = csv("open", z.looseObject({}));
  const written = (rows: Record<string, unknown>[]) => new TextDecoder().decode(open.encode(rows));
  assertEquals(written([{ a: 1 }, { b: "x", a: true }, {}]), 'a,b\n1,""\ntrue,x\n"",""\n');
  for (const value of [{ deep: 1 }, [1, 2], new Date(0), () => 1, Symbol("s")]) {
    assertStringIncludes(
      assertThrows(() => written([{ a: 1 }, { a: value }]), FormatError).message,
      "open, a of row 1, counted from 0: expected text, a number or a boolean, found a",
    );
  }
  assertThrows(() => written([{}, {}]), FormatError, "expected a column, found rows without any");
  const filled = csv("filled", z.strictObject({ a: z.string(), b: z.string().default("z") }));
  assertEquals(new TextDecoder().decode(filled.encode([{ a: "x" } as never])), "a,b\nx,z\n");
});

Deno.test("a number that is missing is no 0: its field is refused, or none where its column may lack it", () => {
  const read = (depth: z.ZodType, text: string) =>
    csv("sites", z.strictObject({ site: z.string(), depth })).decode(utf8(`site,depth\n${text}\n`));
  for (const empty of ["", '""', " "]) {
    assertThrows(
      () => read(z.coerce.number(), `a,1\n,${empty}`),
      FormatError,
      "sites, depth of row 1, counted from 0: expected a number, found an empty field",
    );
    assertEquals(read(z.coerce.number().optional(), `,${empty}`), [{ site: "", depth: undefined }]);
    assertEquals(read(z.coerce.number().nullable(), `,${empty}`), [{ site: "", depth: null }]);
    assertEquals(read(z.coerce.number().default(7), `,${empty}`), [{ site: "", depth: 7 }]);
    assertThrows(() => read(z.coerce.date(), `a,${empty}`), FormatError, "expected a date");
  }
  assertEquals(read(z.coerce.number().optional(), "a,0"), [{ site: "a", depth: 0 }]);
  const lacking = csv("lacking", z.strictObject({ a: z.coerce.number().optional() }));
  const rows = [{ a: 1 }, { a: undefined }];
  assertEquals(lacking.decode(lacking.encode(rows)), rows);
});

Deno.test("a column whose schema would misread text is refused with the schema to declare", () => {
  const read = (a: z.ZodType) => csv("flags", z.strictObject({ a })).decode(utf8("a\nfalse\n"));
  assertThrows(() => read(z.number()), FormatError, "found z.number(). Declare z.coerce.number().");
  assertThrows(() => read(z.coerce.boolean()), FormatError, 'which makes true of "false"');
  const flags = csv("flags", z.strictObject({ a: z.union([z.boolean(), z.stringbool()]) }));
  const rows = [{ a: true }, { a: false }];
  assertEquals(flags.decode(flags.encode(rows)), rows);
});

Deno.test("bytes that are no text are refused with the table's name, once", () => {
  const { message } = assertThrows(() => sites.decode(new Uint8Array([0xe9])), FormatError);
  assertEquals(message, "sites: expected text in UTF-8, found other bytes");
});

const refused = [
  ["site\nnorth\n", "depth"],
  ["site,depth\nnorth,deep\n", "Invalid input: expected number"],
  ["site,depth\nnorth\n", "sites: expected 2 fields in line 2, found 1"],
  ['site,depth\n"a\nb",1\nsouth', "sites: expected 2 fields in line 4, found 1"],
  ['site,depth\nno"rth,1\n', "sites: expected a field of CSV in line 2"],
  ["site,site\na,b\n", "sites: expected each column once, found site twice"],
];
for (const [text, message] of refused) {
  Deno.test(`no such table: ${JSON.stringify(text)}`, () => {
    assertStringIncludes(
      assertThrows(() => sites.decode(utf8(text)), FormatError).message,
      message,
    );
  });
}
