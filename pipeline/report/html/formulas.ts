/**
 * Sets formulas: TeX to HTML and MathML by KaTeX, with the part of KaTeX's style sheet and fonts that the
 * page needs. The page's policy allows no style attributes, so those of KaTeX become rules.
 */
import { type Html, markup, trusted } from "./html.ts";
import { subsetSource } from "./subset.ts";

export interface Formulas {
  /** A formula within text, or on a line of its own; one that KaTeX refuses is shown as its source. */
  render(tex: string, displayed: boolean): Html;
  /** The style sheet for all formulas so far, with its fonts in it; empty if there were none. */
  style(): Promise<string>;
}

/** Loads KaTeX. `onProblem` gets a sentence for each formula that cannot be set. */
export async function openFormulas(onProblem: (message: string) => void): Promise<Formulas> {
  const { default: katex } = await import("katex");
  const hoisted = new Map<string, string>();
  let set = "";
  const hoist = (written: string) =>
    written.replace(/ style="([^"]*)"/g, (_, style: string) => {
      const name = hoisted.get(style) ?? `k${hoisted.size}`;
      hoisted.set(style, name);
      return ` data-k="${name}"`;
    });
  const write = (tex: string, displayMode: boolean): string =>
    katex.renderToString(tex, {
      displayMode,
      output: "htmlAndMathml",
      strict: "ignore",
      trust: false,
    });
  /** Writes formulas that stand `\qquad` apart one by one, so that a narrow page puts them on lines. */
  const writeDisplayed = (tex: string): string => {
    try {
      return tex.split("\\qquad").map((one) => write(one, true)).join("");
    } catch {
      // The space is within a group, or the whole is no formula either.
      return write(tex, true);
    }
  };
  return {
    render(tex, displayed) {
      try {
        const written = hoist(displayed ? writeDisplayed(tex) : write(tex, false));
        set += written;
        return displayed
          ? markup`<div class="formula" tabindex="0" role="group" aria-label="formula">${
            trusted(written)
          }</div>`
          : trusted(written);
      } catch (error) {
        onProblem(`The formula ${tex} cannot be set: ${(error as Error).message}`);
        return markup`<code class="tex">${tex}</code>`;
      }
    },
    async style() {
      if (set === "") return "";
      const rules = [...hoisted].map(([style, name]) => `[data-k="${name}"]{${style}}`).join("");
      return (await usedStyle(set)) + rules;
    },
  };
}

/** Characters of formulas' visible part; what is for screen readers alone is set in no font of KaTeX. */
function charactersOf(written: string): string {
  const text = written.replace(/<math.*?<\/math>/gs, "").replace(/<[^>]*>/g, "");
  return [...new Set(`${text}&<>`)].sort().join("");
}

/**
 * KaTeX's style sheet with those of its fonts that a class in `written` asks for, as data, each with the
 * characters of `written`.
 */
async function usedStyle(written: string): Promise<string> {
  // Beside the package's module: Deno misreads a subpath of its `exports` below a directory `a*b`.
  const base = new URL("katex.min.css", import.meta.resolve("katex"));
  const sheet = Deno.readTextFileSync(base);
  const classes = new Set(
    [...written.matchAll(/ class="([^"]*)"/g)].flatMap(([, names]) => names.split(/\s+/)),
  );
  const rules = [...sheet.matchAll(/([^{}]+)\{([^{}]*)\}/g)]
    .filter(([, selectors, rule]) =>
      !selectors.includes("@") && rule.includes("KaTeX_") &&
      selectors.split(",").some((selector) =>
        [...selector.matchAll(/\.([\w-]+)/g)].every(([, name]) => classes.has(name))
      )
    ).map(([, , rule]) => rule);
  const isBold = (rule: string) => rule.includes("font-weight:700");
  const isItalic = (rule: string) => rule.includes("font-style:italic");
  const characters = charactersOf(written);
  const parts = sheet.split(/(@font-face\{[^}]*\})/);
  const embedded = await Promise.all(parts.map(async (part) => {
    if (!part.startsWith("@font-face")) return part;
    const [, family] = /font-family:"?([\w-]+)/.exec(part)!;
    const [, file] = /url\(([^)]*\.woff2)\)/.exec(part)!;
    const isUsed = rules.some((rule) =>
      rule.includes(family) && isBold(rule) === isBold(part) && isItalic(rule) === isItalic(part)
    );
    if (!isUsed) return "";
    const source = await subsetSource(new URL(file, base), characters);
    return part.replace(/src:[^;}]*/, `src:${source}`);
  }));
  return embedded.join("");
}
