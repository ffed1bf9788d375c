/** Writes a cell of CSV (RFC 4180) that no spreadsheet takes for a formula. */
import { escaped } from "../../terminal/escape.ts";

/**
 * The beginning of a formula in a cell, or after a semicolon, which some countries' spreadsheets separate
 * cells by. Spaces and invisible characters may come before it, and it may be full-width, which NFKC
 * undoes.
 */
const formula = /^[\s\p{C}\p{M}]*[=+\-@]|^[\t\r\n]/u;

export function csvCell(value: string | number | boolean): string {
  if (typeof value !== "string") return String(value);
  const text = escaped(value.split(";").map(defused).join(";"));
  return /[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A spreadsheet shows a cell that begins with an apostrophe as text. */
const defused = (text: string): string => formula.test(text.normalize("NFKC")) ? `'${text}` : text;
