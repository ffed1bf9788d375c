/** Reads who made the results of a run, and the license that they are under, as the author of an export says. */
import licenses from "spdx-license-ids/index.json" with { type: "json" };
import deprecated from "spdx-license-ids/deprecated.json" with { type: "json" };
import { Failed } from "../engine/failed.ts";

/** A person. */
interface Author {
  /** Name as given, without the ORCID. */
  name: string;
  /** Absent where the name is one word. */
  given?: string;
  family: string;
  /** URI of their ORCID record. */
  orcid?: string;
}

/** Facts that the author of an export may add to the manifest's. */
export interface Credits {
  /** In order; empty where nobody is named. */
  authors: readonly Author[];
  /** An identifier of the SPDX list or a URL. */
  license?: string;
}

const usage = (message: string): Failed => new Failed({ reason: "usage", message });

const isUrl = (text: string): boolean => /^https?:\/\//.test(text);

/** URI of a license. */
export const licenseUri = (license: string): string =>
  isUrl(license) ? license : `https://spdx.org/licenses/${license}`;

/** True for an identifier of the SPDX list, as opposed to a URL. */
export const isListed = (license: string): boolean => !isUrl(license);

/** Checks a license. Throws a `Failed` for one that neither the SPDX list has nor is a URL. */
export function parseLicense(text: string): string {
  const known = [...licenses, ...deprecated];
  if (known.includes(text) || isUrl(text) && URL.canParse(text) && !/\s/.test(text)) return text;
  const meant = known.find((one) => one.toLowerCase() === text.toLowerCase());
  throw usage(
    `--license expects an identifier of the SPDX list (https://spdx.org/licenses), such as ` +
      `CC-BY-4.0, or a URL, found "${text}".${meant === undefined ? "" : ` ${meant} is one.`}`,
  );
}

/**
 * Reads `Ada Lovelace <0000-0002-1825-0097>`, where the ORCID may be a URI or absent. Family names begin at the
 * first word in lower case before the last, or are the last word; `Family, Given` says another division.
 */
export function parseAuthor(text: string): Author {
  const [, given, stated] = /^([^<>]*?)\s*(?:<([^<>]*)>)?$/.exec(text.trim()) ?? [];
  if (given === undefined || given === "") {
    throw usage(`--author expects "NAME" or "NAME <ORCID>", found "${text}".`);
  }
  const name = given.replaceAll(/\s+/g, " ");
  if (!name.split(",").every((part) => /\p{L}/u.test(part))) {
    throw usage(`--author expects a name, and one on each side of a comma, found "${text}".`);
  }
  const orcid = stated === undefined ? {} : { orcid: parseOrcid(stated) };
  const divided = /^([^,]+), ([^,]+)$/.exec(name);
  if (divided !== null) {
    const [, family, given] = divided;
    return { name: `${given} ${family}`, given, family, ...orcid };
  }
  const parts = /^(.+?) ((?:\p{Ll}\S* )*\S+)$/u.exec(name);
  return parts === null
    ? { name, family: name, ...orcid }
    : { name, given: parts[1], family: parts[2], ...orcid };
}

/** URI of an ORCID, of which the last digit checks the others (ISO 7064 mod 11-2). */
function parseOrcid(text: string): string {
  const [, digits] = /^(?:https?:\/\/orcid\.org\/)?(\d{4}-\d{4}-\d{4}-\d{3}[\dX])$/.exec(text) ??
    [];
  if (digits === undefined) {
    throw usage(
      `--author expects an ORCID of four groups of digits, such as 0000-0002-1825-0097, found ` +
        `"${text}".`,
    );
  }
  const numbers = digits.replaceAll("-", "");
  const sum = [...numbers.slice(0, -1)].reduce((sum, digit) => (sum + Number(digit)) * 2, 0);
  const expected = (12 - sum % 11) % 11;
  if (numbers.endsWith(expected === 10 ? "X" : String(expected))) {
    return `https://orcid.org/${digits}`;
  }
  throw usage(
    `--author has the ORCID ${digits}, whose last digit does not check the others; expected ` +
      `${digits.slice(0, -1)}${expected === 10 ? "X" : expected}, if the others are right.`,
  );
}
