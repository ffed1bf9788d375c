/** Text from files that nobody vouches for, made harmless for where it is shown. */
import { escaped } from "../../terminal/escape.ts";

/** For Markdown: what it says is shown, and nothing of it is markup, a link or a mention. */
export const harmlessMarkdown = (text: string): string =>
  escaped(text).replace(/[\\`*_{}[\]<>|#~!&$@]/g, "\\$&");

const entities: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** For HTML, as content and within quoted attributes. */
export const harmlessHtml = (text: string): string =>
  escaped(text).replace(/[&<>"']/g, (character) => entities[character]);
