/** Text from files that nobody vouches for, made harmless for where it is shown. */
import { harmless } from "../terminal.ts";

/** For one line of a terminal: nothing that it would act on, no line break, no change of direction. */
export const harmlessLine = (text: string): string =>
  harmless(text).replace(/[\n\t]/g, " ")
    .replace(/[\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, "\ufffd");

/** For Markdown: what it says is shown, and nothing of it is markup, a link or a mention. */
export const harmlessMarkdown = (text: string): string =>
  harmlessLine(text).replace(/[\\`*_{}[\]<>|#~!&$@]/g, "\\$&");

const entities: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** For HTML, as content and within quoted attributes. */
export const harmlessHtml = (text: string): string =>
  harmlessLine(text).replace(/[&<>"']/g, (character) => entities[character]);
