/** Tests how authors and licenses of an export are read. */
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { licenseUri, parseAuthor, parseLicense } from "../../../pipeline/archive/credits.ts";
import { Failed } from "../../../pipeline/engine/failed.ts";

const refusal = (read: () => unknown): string => assertThrows(read, Failed).message;

Deno.test("an author is a person with given and family names, and an ORCID if one is given", () => {
  const orcid = "https://orcid.org/0000-0002-1825-0097";
  const cases: [text: string, given: string | undefined, family: string, orcid?: string][] = [
    ["Ada Lovelace", "Ada", "Lovelace"],
    ["Ada Lovelace <0000-0002-1825-0097>", "Ada", "Lovelace", orcid],
    [" Ada  Lovelace  <https://orcid.org/0000-0002-1825-0097> ", "Ada", "Lovelace", orcid],
    ["Ludwig van Beethoven", "Ludwig", "van Beethoven"],
    ["Miguel de Cervantes", "Miguel", "de Cervantes"],
    ["Grace Brewster Hopper", "Grace Brewster", "Hopper"],
    ["García Márquez, Gabriel", "Gabriel", "García Márquez"],
    ["Plato", undefined, "Plato"],
    [
      "Stephen Hawking <0000-0002-9079-593X>",
      "Stephen",
      "Hawking",
      "https://orcid.org/0000-0002-9079-593X",
    ],
  ];
  for (const [text, given, family, orcid] of cases) {
    const author = parseAuthor(text);
    assertEquals([author.given, author.family, author.orcid], [given, family, orcid], text);
    assertEquals(author.name, given === undefined ? family : `${given} ${family}`);
  }
});

Deno.test("an ORCID with any one digit changed is refused, with the digit that would check", () => {
  const right = "0000-0002-1825-0097";
  for (const [at, digit] of [...right].entries()) {
    if (digit === "-") continue;
    const wrong = right.slice(0, at) + (Number(digit) + 1) % 10 + right.slice(at + 1);
    assertStringIncludes(refusal(() => parseAuthor(`Ada <${wrong}>`)), `the ORCID ${wrong}`);
  }
  for (
    const text of [
      "Ada <ada@example.org>",
      "Ada <>",
      "<0000-0002-1825-0097>",
      "",
      "Ada >x<",
      ", x",
      "x,",
      "-",
    ]
  ) {
    assertStringIncludes(refusal(() => parseAuthor(text)), "--author expects");
  }
});

Deno.test("a license is one of the SPDX list or a URL", () => {
  for (const id of ["CC-BY-4.0", "MIT", "Apache-2.0", "GPL-3.0-or-later", "CC0-1.0", "GPL-3.0"]) {
    assertEquals(licenseUri(parseLicense(id)), `https://spdx.org/licenses/${id}`);
  }
  const url = "https://example.org/my-license";
  assertEquals(licenseUri(parseLicense(url)), url);
  for (
    const id of ["CC-BY", "Proprietary", "LicenseRef-mine", "MIT OR Apache-2.0", "http://", ""]
  ) {
    assertStringIncludes(refusal(() => parseLicense(id)), `found "${id}"`);
  }
  assertStringIncludes(refusal(() => parseLicense("cc-by-4.0")), "CC-BY-4.0 is one.");
});
