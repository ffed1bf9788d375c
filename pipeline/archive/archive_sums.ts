/**
 * Checks that no file of an archive was edited by itself: by its SHA256SUMS, or in an archive of an older version,
 * which has none, by the hashes in its in-toto statement. Artifacts are hashed where they are unpacked.
 */
import { z } from "zod";
import { Sha256 } from "../../schemas/run/digest.ts";
import { checkedJson } from "../formats/read_json.ts";
import { largest } from "../runs/largest_files.ts";
import { sha256Of } from "../store/sha256.ts";
import { badArchive } from "./archive.ts";
import { type Artifact, checksums, checksumsOf, descriptions, type RunFile } from "./contents.ts";
import type { Archive } from "./open_archive.ts";
import { hashDescriptions } from "./unpack_archive.ts";

/** Throws a `Failed` where the hashes in the archive are not those of its files; `files` are the run's own. */
export async function checkSums(
  archive: Archive,
  files: ReadonlyMap<RunFile, Uint8Array>,
  contents: readonly Artifact[],
): Promise<void> {
  const own = new Map<string, string>([...files].map(([path, bytes]) => [path, sha256Of(bytes)]));
  const described = await hashDescriptions(archive);
  const stated = archive.read(checksums, largest.manifest);
  if (stated === undefined) return checkStatement(archive, own);
  const hashes = new Map([...described, ...own]);
  const expected = checksumsOf(hashes, contents, (path) => archive.sizes.has(path)).split("\n");
  const found = new TextDecoder().decode(stated).split("\n");
  if (sha256Of(stated) === sha256Of(expected.join("\n"))) return;
  const at = expected.findIndex((line, i) => line !== found[i]);
  const edited = expected[at]?.slice(66) || "a line of its own";
  throw badArchive(archive.path, `its ${checksums} and its files disagree at ${edited}`);
}

const [crate, readme] = descriptions;
const statement = "provenance.intoto.json";

/** The hashes of the run's own files in a statement. */
const Statement = z.object({
  predicate: z.object({
    runDetails: z.object({
      byproducts: z.array(z.object({ name: z.string(), digest: z.object({ sha256: Sha256 }) })),
    }),
  }),
});

/**
 * Checks an archive without SHA256SUMS: that an older version wrote it, which neither added README.md nor named
 * SHA256SUMS in the crate, and that the run's own files have the hashes of its statement.
 */
function checkStatement(archive: Archive, own: ReadonlyMap<string, string>): void {
  const { path, sizes } = archive;
  const textOf = (name: string) => {
    const bytes = archive.read(name, largest.manifest);
    return new TextDecoder().decode(bytes);
  };
  const lacking = descriptions.find((name) => name !== readme && !sizes.has(name));
  if (lacking !== undefined) throw badArchive(path, `it has neither ${checksums} nor ${lacking}`);
  const naming = sizes.has(readme) ? readme : textOf(crate).includes(`"${checksums}"`) ? crate : "";
  if (naming !== "") throw badArchive(path, `it lacks ${checksums}, which its ${naming} names`);
  const { predicate } = checkedJson(textOf(statement), Statement, {
    name: `${path}: ${statement}`,
    hint: "Expected the hashes of the run's own files, as an export writes them.",
  });
  const stated = new Map(
    predicate.runDetails.byproducts.map(({ name, digest }) => [name, digest.sha256]),
  );
  const edited = [...new Set([...own.keys(), ...stated.keys()])]
    .find((name) => own.get(name) !== stated.get(name));
  if (edited === undefined) return;
  throw badArchive(path, `its ${statement} and its files disagree at ${edited}`);
}
