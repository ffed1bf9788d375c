/**
 * States the width of each text in an SVG, as the charts' font has it. A reader without that font sets
 * another, and its letters are fitted into the same room.
 */
import type { TextWidth } from "./text_width.ts";

/** Shorter texts fit in any font; an empty one has no end tag. */
const least = 2;

export const withTextLengths = (svg: string, widthOf: TextWidth): string =>
  svg.replace(
    /<text([^>]*[^>/])>((?:(?!<\/text>).)*)<\/text>/gs,
    (whole, attributes: string, content: string) => {
      const fontSize = Number(/ font-size="([\d.]+)px"/.exec(attributes)?.[1]);
      const fontWeight = / font-weight="([^"]*)"/.exec(attributes)?.[1];
      if (!(fontSize > 0)) return whole;
      const lengthOf = (text: string) => {
        const plain = unescapeMarkup(text);
        if ([...plain].length < least) return "";
        return ` textLength="${
          Number(widthOf({ fontSize, fontWeight }, plain).toFixed(1))
        }" lengthAdjust="spacingAndGlyphs"`;
      };
      return content.startsWith("<tspan")
        ? `<text${attributes}>${
          content.replace(
            /<tspan([^>]*)>([^<]*)<\/tspan>/g,
            (_, of: string, text: string) => `<tspan${of}${lengthOf(text)}>${text}</tspan>`,
          )
        }</text>`
        : `<text${attributes}${lengthOf(content)}>${content}</text>`;
    },
  );

const entities: Record<string, string> = {
  "&amp;": "&",
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&#39;": "'",
  "&nbsp;": "\u00a0",
};

const unescapeMarkup = (text: string): string =>
  text.replace(/&(amp|lt|gt|quot|nbsp|#39);/g, (entity) => entities[entity]);
