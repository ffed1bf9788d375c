/** Finds a name that occurs twice in an object of JSON, of which `JSON.parse` keeps the last alone. */

/** Strings, and the signs that objects and arrays are made of. */
const token = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],]/g;

/** The first such name, with those of the objects around it: "a/b". `text` is JSON. */
export function repeatedName(text: string): string | undefined {
  const open: { names?: Set<string>; name: string }[] = [];
  let isName = false;
  for (const [sign] of text.matchAll(token)) {
    const inner = open.at(-1);
    if (sign[0] === '"') {
      if (!isName || inner?.names === undefined) continue;
      isName = false;
      inner.name = JSON.parse(sign);
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
