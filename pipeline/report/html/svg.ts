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
  /^(id|class|role|tabindex|aria-[a-z]+|xmlns|xmlns:xlink|version|viewBox|width|height|x|y|x1|y1|x2|y2|cx|cy|r|rx|ry|d|points|dx|dy|transform|fill|stroke|opacity|offset|display|visibility|overflow|fill-[a-z]+|stroke-[a-z]+|stop-[a-z]+|clip-[a-z]+|font-[a-z]+|text-anchor|text-decoration|dominant-baseline|pointer-events|cursor|preserveAspectRatio|gradientUnits|gradientTransform|clipPathUnits|spreadMethod|image-rendering|href|xlink:href|xml:space)$/;

/** Permitted references: a gradient or clip path of the picture, or a picture within it. */
const reference = /^(#[\w-]+|data:image\/(png|jpeg);base64,[A-Za-z0-9+/=]+)$/;

interface Picture {
  html: Html;
  /** Pixels. */
  width: number;
  height: number;
}

/**
 * The picture for the page; `label` is its text alternative.
 * @throws Error that names what is not allowed in it
 */
export function pictureOf(svg: string, prefix: string, label: string): Picture {
  const size: Record<string, number> = {};
  const tag = /<(\/?)([A-Za-z][\w:]*)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>/y;
  let out = "";
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
      out += `</${name}>`;
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
  }
  if (!(size.width > 0 && size.height > 0)) {
    throw new Error("expected a picture that states its width and height");
  }
  return { html: trusted(out), width: size.width, height: size.height };
}

/** A value whose ids carry the picture's prefix. */
function own(attribute: string, value: string, prefix: string): string {
  if (attribute === "id") return `${prefix}-${value}`;
  if (attribute === "href" || attribute === "xlink:href") {
    if (!reference.test(value)) throw new Error(`a picture refers to ${value.slice(0, 60)}`);
    return value.startsWith("#") ? `#${prefix}-${value.slice(1)}` : value;
  }
  const urls = value.replace(
    /url\(\s*(?:&quot;|')?#([\w-]+)(?:&quot;|')?\s*\)/g,
    `url(#${prefix}-$1)`,
  );
  if (/url\((?!#)/i.test(urls)) throw new Error(`a picture refers to ${value.slice(0, 60)}`);
  return urls;
}
