/** Tests that the same code has the same text and behaviour, whatever its local names. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { withCanonicalNames } from "../../../pipeline/engine/code/canonical_names.ts";

const map = JSON.stringify({ version: 3, sources: [], names: [], mappings: "" });
const canonical = (code: string): string => withCanonicalNames({ code, map }).code;

/** Pairs of one module under other local names. */
const renamed: [what: string, one: string, other: string][] = [
  ["variables", "const a=1,b=a+2;export{b as out}", "const e=1,t=e+2;export{t as out}"],
  [
    "parameters",
    "const o=((a,b)=>a-b)(3,1);export{o as out}",
    "const o=((t,n)=>t-n)(3,1);export{o as out}",
  ],
  [
    "shorthand",
    "const a=1;const o={a}.a;export{o as out}",
    "const e=1;const o={a:e}.a;export{o as out}",
  ],
  [
    "patterns",
    "const o=(({a,b:[c,...d],e=c})=>[a,c,d,e])({a:1,b:[2,3]});export{o as out}",
    "const o=(({a:q,b:[w,...r],e:t=w})=>[q,w,r,t])({a:1,b:[2,3]});export{o as out}",
  ],
  [
    "imports",
    'import{sep}from"node:path";export{sep as out}',
    'import{sep as a}from"node:path";export{a as out}',
  ],
  ["exports", "const out=1;export{out}", "const a=1;export{a as out}"],
  [
    "functions, classes and catch",
    "class A{static a=1;#a=2;get b(){return this.#a}}function f(){try{throw 1}catch(c){return c}}const o=[A.a,new A().b,f()];export{o as out}",
    "class X{static a=1;#z=2;get b(){return this.#z}}function g(){try{throw 1}catch(e){return e}}const o=[X.a,new X().b,g()];export{o as out}",
  ],
  [
    "labels",
    "let n=0;a:for(;;){for(;;){n++;break a}}export{n as out}",
    "let k=0;b:for(;;){for(;;){k++;break b}}export{k as out}",
  ],
  [
    "template literals",
    "const a=1;const o=`${a}\n${a}`;export{o as out}",
    "const z=1;const o=`${z}\n${z}`;export{o as out}",
  ],
];

const run = async (code: string): Promise<unknown> =>
  (await import(`data:text/javascript,${encodeURIComponent(code)}`)).out;

for (const [what, one, other] of renamed) {
  Deno.test(`renamed ${what} have one text, which does the same`, async () => {
    assertEquals(canonical(one), canonical(other));
    assertEquals(await run(canonical(one)), await run(one));
  });
}

Deno.test("only local names change; properties, globals and keys stay", () => {
  const text = canonical("const a={e:1};a.e;a[Math.max(1)];const o=b=>b?.e;export{o as out}");
  for (const kept of ["{e:1}", ".e", "Math.max", "?.e", "as out"]) assertStringIncludes(text, kept);
  const other = canonical("const a={t:1};a.t;a[Math.max(1)];const o=b=>b?.t;export{o as out}");
  assertEquals(text === other, false);
});

Deno.test("code that evaluates text keeps its names", () => {
  const code = 'const a=1;export const out=eval("a")';
  assertEquals(canonical(code), code);
});
