/**
 * Checks JUnit XML by tables of what two schemas allow: Ant's (JUnit.xsd of windyroad/JUnit-Schema) and
 * Jenkins' (junit-10.xsd of its xunit plugin), as far as the elements that fanin writes go.
 */
import { assert, assertMatch } from "@std/assert";
import { SaxesParser } from "saxes";

interface Element {
  name: string;
  attributes: Record<string, string>;
  children: Element[];
  text: string;
}

/** Reads XML 1.0 strictly: throws at whatever is not well-formed, forbidden characters too. */
export function parseXml(text: string): Element {
  const parser = new SaxesParser();
  const top: Element = { name: "", attributes: {}, children: [], text: "" };
  const open = [top];
  parser.on("error", (error) => {
    throw error;
  });
  parser.on("opentag", ({ name, attributes }) => {
    const element = {
      name,
      attributes: attributes as Record<string, string>,
      children: [],
      text: "",
    };
    open[open.length - 1].children.push(element);
    open.push(element);
  });
  parser.on("text", (text) => {
    open[open.length - 1].text += text;
  });
  parser.on("closetag", () => {
    open.pop();
  });
  parser.write(text).close();
  return top.children[0];
}

/** All elements of a name below one. */
export const named = (element: Element, name: string): Element[] =>
  element.children.flatMap((child) => child.name === name ? [child] : named(child, name));

/** Forms of attributes, white space collapsed as for `xs:token`. */
const forms = {
  text: /^.*$/s,
  token: /\S/,
  int: /^\d+$/,
  decimal: /^-?\d+(\.\d+)?$/,
  moment: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/,
  /** Surefire's, with commas between thousands. */
  time: /^(([0-9]{0,3},)*[0-9]{3}|[0-9]{0,3})*(\.[0-9]*)?$/,
};
type Form = keyof typeof forms;

interface Rule {
  /** Names of the children, in order, each followed by a space. */
  children: RegExp;
  must?: Record<string, Form>;
  may?: Record<string, Form>;
  hasText?: true;
}

const none = /^$/;
const textAlone: Rule = { children: none, hasText: true };

export const junitRules: Record<"Ant" | "Jenkins", Record<string, Rule>> = {
  Ant: {
    testsuites: { children: /^(testsuite )*$/ },
    testsuite: {
      children: /^properties (testcase )*system-out system-err $/,
      must: {
        id: "int",
        package: "text",
        name: "token",
        timestamp: "moment",
        hostname: "token",
        tests: "int",
        failures: "int",
        errors: "int",
        time: "decimal",
      },
      may: { skipped: "int" },
    },
    properties: { children: /^(property )*$/ },
    property: { children: none, must: { name: "token", value: "text" } },
    testcase: {
      children: /^(skipped |error |failure )?$/,
      must: { name: "text", classname: "text", time: "decimal" },
    },
    error: { children: none, must: { type: "text" }, may: { message: "text" }, hasText: true },
    failure: { children: none, must: { type: "text" }, may: { message: "text" }, hasText: true },
    "system-out": textAlone,
    "system-err": textAlone,
  },
  Jenkins: {
    testsuites: {
      children: /^(testsuite )*$/,
      may: { name: "text", time: "time", tests: "text", failures: "text", errors: "text" },
    },
    testsuite: {
      children: /^((testsuite|properties|testcase|system-out|system-err) )*$/,
      must: { name: "text", tests: "text", failures: "text", errors: "text" },
      may: {
        group: "text",
        time: "time",
        skipped: "text",
        timestamp: "text",
        hostname: "text",
        id: "text",
        package: "text",
        file: "text",
        log: "text",
        url: "text",
      },
    },
    properties: { children: /^(property )*$/ },
    property: { children: none, must: { name: "text", value: "text" } },
    testcase: {
      children: /^((skipped|error|failure|system-out|system-err) )*$/,
      must: { name: "text" },
      may: { time: "text", classname: "text", group: "text" },
    },
    error: { children: none, may: { type: "text", message: "text" }, hasText: true },
    failure: { children: none, may: { type: "text", message: "text" }, hasText: true },
    "system-out": textAlone,
    "system-err": textAlone,
  },
};

/** Fails where an element, or one below it, is not as the rules say. */
export function checkByRules(element: Element, rules: Record<string, Rule>): void {
  const { name, attributes, children, text } = element;
  assert(Object.hasOwn(rules, name), `an element ${name}`);
  const { must = {}, may = {}, hasText, ...rule } = rules[name];
  for (const attribute of Object.keys(must)) {
    assert(attribute in attributes, `${name} needs ${attribute}`);
  }
  for (const [attribute, value] of Object.entries(attributes)) {
    const form = must[attribute] ?? may[attribute];
    assert(form !== undefined, `${name} has no ${attribute}`);
    assertMatch(value, forms[form], `${attribute} of ${name}`);
  }
  assertMatch(children.map(({ name }) => `${name} `).join(""), rule.children, `in ${name}`);
  assert(hasText || text.trim() === "", `text in ${name}`);
  for (const child of children) checkByRules(child, rules);
}
