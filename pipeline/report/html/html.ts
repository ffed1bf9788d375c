/**
 * Builds HTML by template: a value in a template is escaped unless it is such a template itself. Text that
 * is not escaped goes through `trusted`.
 */
import { deflateRawSync } from "node:zlib";
import { escaped as escapedLine, escapeMarkup } from "../../terminal/escape.ts";

declare const brand: unique symbol;

/** A piece of HTML that is safe to put into a page. */
export interface Html {
  readonly [brand]: true;
  readonly text: string;
}

type Part = Html | string | number | false | null | undefined | readonly Part[];

// Those that turn the direction of writing too, so that text reads as it is.
// deno-lint-ignore no-control-regex
const controls = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/** Text for an element's content or a quoted attribute; control characters are shown as unreadable. */
export const escaped = (text: string): string => escapeMarkup(text.replace(controls, "\ufffd"));

/** Text that is HTML already: made by a library that escapes, or checked here. */
export const trusted = (text: string): Html => ({ text }) as Html;

function textOf(part: Part): string {
  if (part === false || part === null || part === undefined) return "";
  if (typeof part === "string") return escaped(part);
  if (typeof part === "number") return String(part);
  if ("text" in part) return part.text;
  return part.map(textOf).join("");
}

/** `markup\`<b>${value}</b>\``. */
export const markup = (strings: TemplateStringsArray, ...parts: Part[]): Html =>
  trusted(strings.reduce((text, string, i) => text + textOf(parts[i - 1]) + string));

/** A list of warnings; nothing where there are none. */
export const warnings = (texts: readonly string[]): Html | false =>
  texts.length > 0 &&
  markup`<ul class="warning">${texts.map((text) => markup`<li>${text}</li>`)}</ul>`;

/**
 * Data that the page's script reads and the browser does not run: deflated, in base64; a text takes a
 * fifth of its size. `client/unpack.ts` returns it.
 */
export const dataBlock = (id: string, data: string | Uint8Array): Html =>
  markup`<script type="text/plain" id="${id}">${
    trusted(deflateRawSync(data, { level: 9 }).toString("base64"))
  }</script>`;

/** The value with every text on one line, its control characters and changes of direction escaped. */
export function escapedTexts<T>(value: T): T {
  if (typeof value === "string") return escapedLine(value) as T;
  if (Array.isArray(value)) return value.map(escapedTexts) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, below]) => [name, escapedTexts(below)]),
  ) as T;
}
