/**
 * Gives the local names of a bundled module the order in which they first appear. A bundler chooses short
 * names by how often letters occur, so that renaming one variable may rename all others; after this, what
 * names were before makes no difference.
 *
 * Relies on what the bundler guarantees: no local name is also the name of a global that the module uses, and
 * what the module exports is listed apart from where it is declared.
 */
import { decode, encode, type SourceMapMappings } from "@jridgewell/sourcemap-codec";
import { parse } from "acorn";

/** A node of the syntax tree (ESTree). */
interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly name?: string;
  readonly [field: string]: unknown;
}

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** The kind of a name; each kind is counted separately. */
type Kind = "local" | "label" | "private";

/** The module with other names, and its source map moved along. */
export function withCanonicalNames(
  { code, map }: { code: string; map: string },
): { code: string; map: string } {
  let program: Node;
  try {
    program = parse(code, { ecmaVersion: "latest", sourceType: "module" }) as unknown as Node;
  } catch {
    // The parser does not know this form yet: its names stay as the bundler chose them.
    return { code, map };
  }
  const declared = new Set<string>();
  const used = new Set<string>();
  /** All names with their parents and fields, in the order of the text. */
  const names: [Node, Node, string][] = [];
  /** Positions of shorthand properties, whose name is also their value's. */
  const shorthands = new Set<number>();
  let evaluates = false;
  visit(program, (node, parent, field) => {
    if (isDeclared(node, parent, field)) namesIn(node, declared);
    if (node.type === "Identifier") used.add(node.name!);
    if (node.type === "Identifier" || node.type === "PrivateIdentifier") {
      names.push([node, parent, field]);
    }
    if (node.type === "Property" && node.shorthand) shorthands.add(node.start);
    evaluates ||= node.type === "CallExpression" && (node.callee as Node).name === "eval";
  });
  // Code that is evaluated may use any name, so none of them was shortened.
  if (evaluates) return { code, map };

  const globals = new Set([...used].filter((name) => !declared.has(name)));
  const prefixes: Record<Kind, string> = { local: "_", label: "l", private: "p" };
  const chosen = new Map<string, string>();
  const counts: Record<Kind, number> = { local: 0, label: 0, private: 0 };
  const nameOf = (kind: Kind, name: string): string => {
    const key = `${kind} ${name}`;
    while (!chosen.has(key)) {
      const candidate = `${prefixes[kind]}${(counts[kind]++).toString(36)}`;
      if (!globals.has(candidate)) chosen.set(key, candidate);
    }
    return chosen.get(key)!;
  };
  const edits = new Map<number, Edit>();
  for (const [node, parent, field] of names) {
    const { type, name, start, end } = node;
    if (type === "PrivateIdentifier") {
      edits.set(start, { start, end, text: `#${nameOf("private", name!)}` });
    } else if (isLabel(parent)) {
      edits.set(start, { start, end, text: nameOf("label", name!) });
    } else if (declared.has(name!) && !isFixed(parent, field)) {
      const isShorthand = shorthands.has(start);
      const text = spelled(node, parent, nameOf("local", name!), isShorthand);
      edits.set(start, { start, end, text });
    }
  }
  const inOrder = [...edits.values()].sort((a, b) => a.start - b.start);
  return { code: edited(code, inOrder), map: movedMap(map, code, inOrder) };
}

/** Calls `see` for each node below a root in the order of the text, with its parent and the field that it is in. */
function visit(root: Node, see: (node: Node, parent: Node, field: string) => void): void {
  const children: [Node, string][] = [];
  // No list of fields is made: a bundle has millions that are looked at.
  for (const field in root) {
    const value = root[field];
    if (Array.isArray(value)) {
      for (const child of value) if (isNode(child)) children.push([child, field]);
    } else if (isNode(value)) children.push([value, field]);
  }
  if (children.length > 1) children.sort(([a], [b]) => a.start - b.start);
  for (const [child, field] of children) {
    see(child, root, field);
    visit(child, see);
  }
}

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && typeof (value as Node).type === "string";

/** Tells whether a node is a pattern whose names are declared by where it stands. */
function isDeclared(node: Node, parent: Node, field: string): boolean {
  switch (parent.type) {
    case "VariableDeclarator":
    case "ClassDeclaration":
    case "ClassExpression":
      return field === "id";
    case "FunctionDeclaration":
    case "FunctionExpression":
    case "ArrowFunctionExpression":
      return field === "id" || field === "params";
    case "CatchClause":
      return field === "param";
    case "ImportSpecifier":
    case "ImportDefaultSpecifier":
    case "ImportNamespaceSpecifier":
      return field === "local" && node.type === "Identifier";
    default:
      return false;
  }
}

/** The names of a pattern. */
function namesIn(pattern: Node, names: Set<string>): void {
  switch (pattern.type) {
    case "Identifier":
      names.add(pattern.name!);
      return;
    case "ObjectPattern":
      for (const property of pattern.properties as Node[]) {
        namesIn((property.value ?? property.argument) as Node, names);
      }
      return;
    case "ArrayPattern":
      for (const element of pattern.elements as (Node | null)[]) {
        if (element !== null) namesIn(element, names);
      }
      return;
    case "AssignmentPattern":
      return namesIn(pattern.left as Node, names);
    case "RestElement":
      return namesIn(pattern.argument as Node, names);
  }
}

const isLabel = (parent: Node): boolean =>
  ["LabeledStatement", "BreakStatement", "ContinueStatement"].includes(parent.type);

/** Tells whether an identifier is the name of a property, an export or an attribute, which nothing renames. */
function isFixed(parent: Node, field: string): boolean {
  switch (parent.type) {
    case "MemberExpression":
      return field === "property" && !parent.computed;
    case "Property":
      // A shorthand's key lies where its value does, which is written with both names.
      return field === "key" && !parent.computed;
    case "MethodDefinition":
    case "PropertyDefinition":
      return field === "key" && !parent.computed;
    case "ImportSpecifier":
      return field === "imported";
    case "ExportSpecifier":
      return field === "exported";
    case "ExportAllDeclaration":
    case "MetaProperty":
    case "ImportAttribute":
      return true;
    default:
      return false;
  }
}

/** Writes a local name where one word stood for two: `{a}`, `{a = 1}`, `import {a}`, `export {a}`. */
function spelled(
  { name: old, start }: Node,
  parent: Node,
  name: string,
  isShorthand: boolean,
): string {
  if (isShorthand) return `${old}:${name}`;
  switch (parent.type) {
    case "ImportSpecifier":
      return (parent.imported as Node).start === start ? `${old} as ${name}` : name;
    case "ExportSpecifier":
      return (parent.exported as Node).start === start ? `${name} as ${old}` : name;
    default:
      return name;
  }
}

function edited(code: string, edits: readonly Edit[]): string {
  let text = "";
  let done = 0;
  for (const { start, end, text: replacement } of edits) {
    text += code.slice(done, start) + replacement;
    done = end;
  }
  return text + code.slice(done);
}

/** A source map whose places in the code have moved by the edits, none of which spans lines. */
function movedMap(map: string, code: string, edits: readonly Edit[]): string {
  const { mappings, ...rest } = JSON.parse(map) as { mappings: string };
  const lines = decode(mappings);
  let lineStart = 0;
  let next = 0;
  for (const segments of lines) {
    const newLine = code.indexOf("\n", lineStart);
    const lineEnd = newLine < 0 ? code.length : newLine;
    let shift = 0;
    for (const segment of segments) {
      while (next < edits.length && edits[next].start < lineStart + segment[0]) {
        const { start, end, text } = edits[next++];
        shift += text.length - (end - start);
      }
      segment[0] += shift;
    }
    while (next < edits.length && edits[next].start <= lineEnd) next++;
    lineStart = lineEnd + 1;
  }
  return JSON.stringify({ ...rest, mappings: encode(lines as SourceMapMappings) });
}
