/**
 * Converts the Markdown of sections to HTML: paragraphs, lists, emphasis, code, links, tables, inline
 * formulas as `$…$`. HTML in it is shown as text; pictures and links other than to the web or within the page
 * are shown as their text.
 */
import type { Formulas } from "./formulas.ts";
import { escaped, type Html, trusted } from "./html.ts";
import { unbroken } from "./unbroken.ts";

export interface Markdown {
  /** Paragraphs. */
  blocks(markdown: string): Html;
  /** Text within a line. */
  inline(markdown: string): Html;
}

/** Headings in a text lie below those of its section. */
const topLevel = 3;

/** Loads marked. */
export async function openMarkdown(formulas: Formulas): Promise<Markdown> {
  const { Marked } = await import("marked");
  const marked = new Marked({
    async: false,
    gfm: true,
    extensions: [{
      name: "formula",
      level: "inline",
      start: (text) => text.indexOf("$"),
      tokenizer(text) {
        const found = /^\$((?:[^$\\\n]|\\.)+)\$/.exec(text);
        if (found !== null) return { type: "formula", raw: found[0], tex: found[1] };
      },
      renderer: (token) => formulas.render(token.tex, false).text,
    }, {
      name: "dollar",
      level: "inline",
      start: (text) => text.indexOf("\\$"),
      tokenizer(text) {
        if (text.startsWith("\\$")) return { type: "dollar", raw: "\\$" };
      },
      renderer: () => "$",
    }],
    renderer: {
      html: ({ text }) => escaped(text),
      heading({ tokens, depth }) {
        const level = Math.min(6, topLevel + depth - 1);
        return `<h${level}>${this.parser.parseInline(tokens)}</h${level}>\n`;
      },
      image: ({ text }) => escaped(text),
      link({ href, tokens }) {
        const text = this.parser.parseInline(tokens);
        return /^(https?:\/\/|#)/.test(href)
          ? `<a href="${escaped(href)}" rel="noreferrer">${text}</a>`
          : text;
      },
    },
  });
  return {
    blocks: (markdown) => trusted(marked.parse(unbroken(markdown)) as string),
    inline: (markdown) => trusted(marked.parseInline(unbroken(markdown)) as string),
  };
}
