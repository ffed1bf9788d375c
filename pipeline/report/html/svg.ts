/**
 * Admits pictures into the page: an SVG of few known elements and attributes, with ids of the page's own.
 * Anything else is refused, because the page must be safe whatever a stored file holds.
 */
import { escaped, type Html, trusted } from "./html.ts";

const elements = new Set(
  ("svg g path text tspan rect line circle ellipse polygon polyline image clipPath defs " +
    "linearGradient radialGradient stop title desc").split(" "),
);

const attributes =
  /^(id|class|role|tabindex|aria-[a-z]+|xmlns|xmlns:xlink|version|viewBox|width|height|x|y|x1|y1|x2|y2|cx|cy|r|rx|ry|d|points|dx|dy|transform|fill|stroke|opacity|offset|display|visibility|overflow|fill-[a-z]+|stroke-[a-z]+|stop-[a-z]+|clip-[a-z]+|font-[a-z]+|text-anchor|textLength|lengthAdjust|text-decoration|dominant-baseline|pointer-events|cursor|preserveAspectRatio|gradientUnits|gradientTransform|clipPathUnits|spreadMethod|image-rendering|href|xlink:href|xml:space)$/;

/** Permitted references: a gradient or clip path of the picture, or a picture within it. */
const reference = /^(#[\w-]+|data:image\/(png|jpeg);base64,[A-Za-z0-9+/=]+)$/;

export interface Picture {
  html: Html;
  /** Pixels. */
  width: number;
  height: number;
}

/**
 * The picture for the page; `label` is its text alternative. With `crop` it has no title, where vega
 * drew one above it: the page has it as text.
 * @throws Error that names what is not allowed in it
 */
export function pictureOf(
  svg: string,
  prefix: string,
  label: string,
  { crop = false } = {},
): Picture {
  if (crop) svg = withoutTitle(svg);
  const size: Record<string, number> = {};
  const tag = /<(\/?)([A-Za-z][\w:]*)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>/y;
  let out = "";
  /** Names of the elements that have not ended. What follows the first one's end is none of the picture. */
  const open: string[] = [];
  let at = svg.indexOf("<svg");
  if (at < 0) throw new Error("expected an <svg> element, found none");
  let first = true;
  while (at < svg.length) {
    if (svg[at] !== "<") {
      const next = svg.indexOf("<", at);
      const end = next < 0 ? svg.length : next;
      out += svg.slice(at, end).replaceAll(">", "&gt;");
      at = end;
      continue;
    }
    tag.lastIndex = at;
    const found = tag.exec(svg);
    if (found === null) throw new Error(`expected an element, found ${svg.slice(at, at + 40)}`);
    const [whole, closing, name, list, empty] = found;
    if (!elements.has(name)) throw new Error(`the element <${name}> is not allowed in a picture`);
    at += whole.length;
    if (closing !== "") {
      if (open.pop() !== name) {
        throw new Error(`a picture has </${name}> where another element ends`);
      }
      out += `</${name}>`;
      if (open.length === 0) break;
      continue;
    }
    let kept = "";
    for (const [, attribute, value] of list.matchAll(/([\w:-]+)="([^"]*)"/g)) {
      if (!attributes.test(attribute)) {
        throw new Error(`the attribute ${attribute} is not allowed in a picture`);
      }
      if (first && (attribute === "width" || attribute === "height")) {
        size[attribute] = Number(value);
      }
      // The whole is one picture with one label: what its parts say is not read, and takes half the room.
      if (/^(role|aria-|tabindex|pointer-events)/.test(attribute)) continue;
      if (first && /^(xmlns|version)/.test(attribute)) continue;
      kept += ` ${attribute}="${own(attribute, value, prefix)}"`;
    }
    if (first) kept += ` role="img" aria-label="${escaped(label)}"`;
    first = false;
    out += `<${name}${kept}${empty}>`;
    if (empty === "") open.push(name);
    else if (open.length === 0) break;
  }
  if (open.length > 0) throw new Error(`the element <${open.at(-1)}> has no end`);
  if (!(size.width > 0 && size.height > 0)) {
    throw new Error("expected a picture that states its width and height");
  }
  return { html: trusted(out), width: size.width, height: size.height };
}

/** A value whose ids carry the picture's prefix. */
function own(attribute: string, value: string, prefix: string): string {
  if (attribute === "id") return `${prefix}:${value}`;
  if (attribute === "href" || attribute === "xlink:href") {
    if (!reference.test(value)) throw new Error(`a picture refers to ${value.slice(0, 60)}`);
    return value.startsWith("#") ? `#${prefix}:${value.slice(1)}` : value;
  }
  const urls = value.replace(
    /url\(\s*(?:&quot;|')?#([\w-]+)(?:&quot;|')?\s*\)/g,
    `url(#${prefix}:$1)`,
  );
  if (/url\((?!#)/i.test(urls)) throw new Error(`a picture refers to ${value.slice(0, 60)}`);
  return urls;
}

/** Pixels between the title's last line and what is below it that stay. */
const gap = 4;

/** Room for letters below their baseline, in pixels. */
const descent = 4;

/** Groups of vega around the title of a whole picture; those of its parts have more. */
const aroundTitle = 4;

/** Tags of groups, with the "/" of one that ends, and of one that is empty. */
const groupTags = /<(\/?)g\b[^>]*?(\/?)>/g;

const stepOf = ([, end, empty]: RegExpMatchArray): number => empty !== "" ? 0 : end === "" ? 1 : -1;

/** The end of the group that begins at a place. */
function endOfGroup(svg: string, start: number): number {
  let open = 0;
  for (const tag of svg.slice(start).matchAll(groupTags)) {
    open += stepOf(tag);
    if (open === 0) return start + tag.index + tag[0].length;
  }
  return svg.length;
}

/** Groups that are open at a place. */
const openAt = (svg: string, place: number): number =>
  [...svg.slice(0, place).matchAll(groupTags)].reduce((sum, tag) => sum + stepOf(tag), 0);

/**
 * The picture from below its title, after which vega draws at most axes. One whose title stands elsewhere
 * stays as it is.
 */
function withoutTitle(svg: string): string {
  const start = svg.lastIndexOf(`<g class="mark-group role-title">`);
  if (start < 0) return svg;
  const end = endOfGroup(svg, start);
  const [title, rest] = [svg.slice(start, end), svg.slice(end)];
  if (!title.includes("</text>") || openAt(svg, start) !== aroundTitle) return svg;
  const yOf = (text: string) => Number(/translate\([-\d.]+,([-\d.]+)\)/.exec(text)?.[1]);
  // Baselines of its lines: of each text, and of the spans that follow the first in it.
  const baselines = [...title.matchAll(/<text[^>]*>(?:(?!<\/text>).)*/gs)].map(([text]) =>
    yOf(text) +
    [...text.matchAll(/ dy="([\d.]+)"/g)].reduce((sum, [, dy]) => sum + Number(dy), 0)
  );
  const top = yOf(svg) + yOf(title) + Math.max(...baselines) + descent - gap;
  const [head, width, height] = /<svg[^>]* width="([\d.]+)" height="([\d.]+)"[^>]*>/.exec(svg) ??
    [];
  if (head === undefined || !(top > 0 && top < Number(height))) return svg;
  const left = Number((Number(height) - top).toFixed(2));
  const cropped = head.replace(/ height="[^"]*"/, ` height="${left}"`)
    .replace(/ viewBox="[^"]*"/, ` viewBox="0 ${Number(top.toFixed(2))} ${width} ${left}"`);
  return svg.slice(0, start).replace(head, cropped) +
    title.replace(/<text.*<\/text>/s, "") + rest;
}
