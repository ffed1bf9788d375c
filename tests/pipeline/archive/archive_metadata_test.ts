/** Tests the metadata of exported runs: RO-Crate, in-toto statement and CITATION.cff follow their standards. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { join } from "node:path";
import { citationOf } from "../../../pipeline/archive/citation.ts";
import { artifactsOf } from "../../../pipeline/archive/contents.ts";
import { type Credits, parseAuthor } from "../../../pipeline/archive/credits.ts";
import { statementOf } from "../../../pipeline/archive/provenance.ts";
import { sha256Of } from "../../../pipeline/store/sha256.ts";
import { brokenRules, ofCredits, rules, unknown } from "../../support/crate_rules.ts";
import { root } from "../../support/checkout.ts";
import { madeUpRun } from "../../support/made_up_run.ts";
import { crateOfRun, failedRun, nobody, wholeRun } from "../../support/archived_runs.ts";

const credited: Credits = {
  authors: ["Ada Lovelace <0000-0002-1825-0097>", "Grace Hopper"].map(parseAuthor),
  license: "CC-BY-4.0",
};
const named: Credits = { ...credited, authors: credited.authors.slice(0, 1) };

Deno.test("the crate of a run, whole or failed, follows every rule of the profiles", () => {
  for (const run of [wholeRun(), failedRun()]) {
    assertEquals(brokenRules(crateOfRun(run)), []);
    assertEquals(brokenRules(crateOfRun(run, credited)), []);
    assertEquals(brokenRules(crateOfRun(run, named), [...rules, ...ofCredits]), []);
  }
});

Deno.test("a tool has the parameters of its own job, whatever another's name begins with", () => {
  const jobs = ["a", "a/input"].map((name) => ({ name, stage: name, parameters: { x: 1 } }));
  const graph: { "@id": string; input?: unknown }[] = crateOfRun(madeUpRun(jobs))["@graph"];
  const inputs = graph.filter((entity) => /^urn:fanin:tool:.*:a$/.test(entity["@id"]))
    .map(({ input }) => input);
  assertEquals(inputs, [[{ "@id": "#tool/a/parameter/x" }]]);
});

Deno.test("removing any entity from a crate breaks a rule", () => {
  // The profiles do not ask for these, but readers use them.
  const free = (id: string) =>
    /^https:\/\/(www\.npmjs|deno)\.com|^#(parameter|output|value)\//.test(id);
  const complete = JSON.parse(JSON.stringify(crateOfRun(wholeRun(), named)));
  for (const entity of complete["@graph"]) {
    if (free(entity["@id"])) continue;
    const without = complete["@graph"].filter((other: unknown) => other !== entity);
    assert(
      brokenRules({ "@graph": without }, [...rules, ...ofCredits]).length > 0,
      `without ${entity["@id"]}`,
    );
  }
});

Deno.test("each rule fails when its required property is removed", () => {
  const complete = JSON.stringify(crateOfRun(wholeRun(), credited));
  const broken = new Set<string>();
  const notice = (graph: unknown) => {
    for (const found of brokenRules({ "@graph": graph })) {
      broken.add(rules.find(({ profile, name }) => found.startsWith(`${profile}: ${name}`))!.name);
    }
  };
  const graph = JSON.parse(complete)["@graph"];
  for (let i = 0; i < graph.length; i++) {
    for (const property of Object.keys(graph[i])) {
      const without = JSON.parse(complete)["@graph"];
      delete without[i][property];
      notice(without);
    }
    notice([...graph, graph[i]]);
    notice(graph.toSpliced(i, 1));
    notice(graph.with(i, { ...graph[i], "@type": "Thing" }));
    notice(graph.with(i, { ...graph[i], "@id": `../${graph[i]["@id"]}` }));
  }
  const backwards = JSON.parse(complete)["@graph"];
  for (const entity of backwards) {
    if (entity["@type"] === "HowToStep") entity.position = String(9 - Number(entity.position));
    if (entity["@id"] === "#run") entity.error = "none";
  }
  notice(backwards);
  assertEquals(rules.map(({ name }) => name).filter((name) => !broken.has(name)), []);
});

Deno.test("each recommendation about credits fails without them, and the docs name what no run knows", async () => {
  const broken = brokenRules(crateOfRun(wholeRun(), { authors: [parseAuthor("Ada")] }), ofCredits);
  assertEquals(broken.length, 2, broken.join("\n"));
  assertEquals(brokenRules(crateOfRun(wholeRun()), ofCredits).length, 4);
  const text = await Deno.readTextFile(join(root, "docs", "sharing.md"));
  for (const property of unknown) assertStringIncludes(text, `\`${property}\``);
});

/** SLSA build provenance v1 and in-toto Statement v1: what they require, each by its name there. */
const statementRules: [
  name: string,
  holds: (statement: ReturnType<typeof statementOf>) => boolean,
][] = [
  ["_type", (s) => s._type === "https://in-toto.io/Statement/v1"],
  [
    "subject: each has a digest",
    (s) =>
      s.subject.length > 0 &&
      s.subject.every(({ digest }) => /^[0-9a-f]{64}$/.test(digest!.sha256)),
  ],
  [
    "subject: names are unique",
    (s) => new Set(s.subject.map(({ name }) => name)).size === s.subject.length,
  ],
  ["predicateType", (s) => s.predicateType === "https://slsa.dev/provenance/v1"],
  ["buildType is a URI", (s) => URL.canParse(s.predicate.buildDefinition.buildType)],
  ["externalParameters", (s) => typeof s.predicate.buildDefinition.externalParameters === "object"],
  ["external and internal parameters have no name in common", ({ predicate }) => {
    const { externalParameters, internalParameters } = predicate.buildDefinition;
    return Object.keys(externalParameters).every((name) => !(name in internalParameters));
  }],
  [
    "a resource has uri, digest or content",
    ({ predicate }) =>
      [...predicate.buildDefinition.resolvedDependencies, ...predicate.runDetails.byproducts]
        .every(({ uri, digest }) => uri !== undefined || digest !== undefined),
  ],
  [
    "digests are lower-case hexadecimal",
    ({ predicate }) =>
      predicate.buildDefinition.resolvedDependencies.flatMap(({ digest }) =>
        Object.values(digest ?? {})
      ).every((value) => /^[0-9a-f]+$/.test(value)),
  ],
  ["builder.id is a URI", (s) => URL.canParse(s.predicate.runDetails.builder.id)],
  [
    "timestamps are RFC 3339 in UTC",
    ({ predicate: { runDetails: { metadata } } }) =>
      [metadata.startedOn, metadata.finishedOn].every((time) =>
        /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(time)
      ),
  ],
];

Deno.test("the statement follows in-toto and SLSA, and names every artifact by its bytes", () => {
  for (const { manifest, files } of [wholeRun(), failedRun()]) {
    const artifacts = artifactsOf(manifest);
    const statement = statementOf(manifest, artifacts, [
      { path: "metrics.json", mediaType: "application/json", sha256: sha256Of("x") },
    ]);
    for (const [name, holds] of statementRules) assert(holds(statement), name);
    for (const { name, digest } of statement.subject) {
      assertEquals(digest!.sha256, sha256Of(files.get(name!)!));
    }
    const { resolvedDependencies, internalParameters } = statement.predicate.buildDefinition;
    assert(resolvedDependencies.some(({ name }) => name === "stage source"));
    const zod = resolvedDependencies.find(({ uri }) => uri === "pkg:npm/zod@4.6.7");
    assertEquals(zod?.digest, { faninLockedClosure: sha256Of("zod") });
    assert(resolvedDependencies.every(({ digest }) => Object.keys(digest ?? {}).length > 0));
    assert("jobs" in internalParameters);
  }
});

/** Reads CITATION.cff: key → value, for this form of YAML. */
const cited = (text: string): Record<string, string> =>
  Object.fromEntries(
    text.split("\n").flatMap((line) => {
      const [, key, value] = /^(?: {2}[- ] (?=[a-z-]*name|orcid))?([a-z-]+): (.+)$/.exec(line) ??
        [];
      return key === undefined ? [] : [[key, value.startsWith('"') ? JSON.parse(value) : value]];
    }),
  );

Deno.test("CITATION.cff has what version 1.2.0 requires, whatever the names are", () => {
  const { manifest } = wholeRun();
  const plain = cited(citationOf(manifest, nobody));
  for (const key of ["cff-version", "message", "title", "authors", "type"]) {
    assertMatch(citationOf(manifest, nobody), new RegExp(`^${key}:`, "m"));
  }
  assertEquals(plain["cff-version"], "1.2.0");
  assertEquals(plain.type, "dataset");
  assertEquals(plain["date-released"], "2026-01-02");
  assertEquals(plain.commit, "0123456789abcdef0123456789abcdef01234567");
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (family) => {
      const license = "https://example.org/x";
      const text = citationOf(manifest, { authors: [{ name: family, family }], license });
      const found = cited(text);
      assertEquals(found["family-names"], family.isWellFormed() ? family : found["family-names"]);
      assertEquals(found["license-url"], license);
      assert(!/(?!\n)\p{Cc}/u.test(text), "YAML has no such characters");
    }),
    { numRuns: 50 },
  );
});

Deno.test("CITATION.cff has people as persons and a license of the SPDX list", () => {
  const text = citationOf(wholeRun().manifest, credited);
  assertStringIncludes(
    text,
    `authors:
  - family-names: "Lovelace"
    given-names: "Ada"
    orcid: "https://orcid.org/0000-0002-1825-0097"
  - family-names: "Hopper"
    given-names: "Grace"
`,
  );
  assertEquals(cited(text).license, "CC-BY-4.0");
  assertEquals(cited(text)["license-url"], undefined);
});

/** Runs of any shape: each job takes outputs of those before it. */
