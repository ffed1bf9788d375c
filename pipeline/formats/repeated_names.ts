/** Finds a name that occurs twice in an object of JSON, of which `JSON.parse` keeps the last alone. */

/** The beginning of a string, and the signs that objects and arrays are made of. */
const token = /["{}[\],]/g;

/** The index after the string that begins at an index. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1;; at++) {
    at = text.indexOf('"', at);
    let slashes = 0;
    while (text[at - 1 - slashes] === "\\") slashes++;
    if (slashes % 2 === 0) return at + 1;
  }
}

/** The first such name, with those of the objects around it: "a/b". `text` is JSON. */
export function repeatedName(text: string): string | undefined {
  const open: { names?: Set<string>; name: string }[] = [];
  let isName = false;
  token.lastIndex = 0;
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    const [sign] = match;
    const inner = open.at(-1);
    if (sign === '"') {
      token.lastIndex = endOfString(text, match.index);
      if (!isName || inner?.names === undefined) continue;
      isName = false;
      inner.name = JSON.parse(text.slice(match.index, token.lastIndex));
      if (inner.names.has(inner.name)) return open.map(({ name }) => name).join("/");
      inner.names.add(inner.name);
    } else if (sign === "{") {
      open.push({ names: new Set(), name: "" });
      isName = true;
    } else if (sign === "[") {
      open.push({ name: "*" });
      isName = false;
    } else if (sign === ",") isName = inner?.names !== undefined;
    else open.pop();
  }
}
