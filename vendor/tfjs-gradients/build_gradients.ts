/**
 * Builds `mod.js`, the gradients of tfjs's operations, from the files of `@tensorflow/tfjs-core`.
 * Deno cannot import those, because they import each other without extensions, and the package's
 * entry leaves them out. `mod.js` imports from the package what that exports, so that the engine and
 * its registries exist once, and has a copy of the rest. Renew it by
 * `deno run --frozen -R -W=vendor vendor/tfjs-gradients/build_gradients.ts`.
 */
import { parse } from "acorn";
import { posix } from "node:path";
import type { Plugin } from "esbuild-wasm";
import { startBundler } from "../../pipeline/engine/code/bundler.ts";

const core = "@tensorflow/tfjs-core";
const dist = new URL("dist/", import.meta.resolve(`${core}/package.json`));

/** Modules with state or classes, of which no copy may arise. */
const single = /^own:(engine|environment|global_util|kernel_registry|tensor)\.js$/;

/** Definitions that the package does not export → the same thing made of its exports. */
const otherwise: Readonly<Record<string, string>> = {
  "engine.js#ENGINE": "/* @__PURE__ */ engine()",
  "tensor.js#getGlobalTensorClass": "() => Tensor",
};

const banner = `/**
 * Exports the gradients of tfjs's operations, which \`${core}\` has and does not export.
 * \`build_gradients.ts\` builds this file; do not edit it. The package is under the Apache License 2.0:
 * see \`LICENSE\`, and the notices at the end.
 */
// deno-lint-ignore-file
// deno-fmt-ignore-file`;

/** Returns the text of `mod.js`. */
export async function gradientsModule(): Promise<string> {
  const { build } = await startBundler();
  const files = [...Deno.readDirSync(new URL("gradients/", dist))].map(({ name }) => name)
    .filter((name) => name.endsWith("_grad.js")).sort();
  const { outputFiles: [{ text }], metafile: { outputs } } = await build({
    stdin: { contents: files.map((name) => `export * from "own:gradients/${name}";`).join("\n") },
    banner: { js: banner },
    bundle: true,
    charset: "utf8",
    format: "esm",
    legalComments: "eof",
    logLevel: "silent",
    metafile: true,
    plugins: [corePlugin],
    target: "esnext",
    write: false,
  });
  const [{ inputs }] = Object.values(outputs);
  const copied = Object.keys(inputs).filter((name) => single.test(name));
  if (copied.length > 0) throw new Error(`expected no copy of ${core}'s state, found ${copied}`);
  return joinImports(text);
}

/** Makes one statement of the imports, of which a bundler drops the names that it does not use. */
function joinImports(text: string): string {
  const statement = new RegExp(`^import \\{ (.*) \\} from "${core}";\n`, "gm");
  const names = [...text.matchAll(statement)].map(([, name]) => name);
  const joined = `import {\n  ${names.join(",\n  ")}\n} from "${core}";\n`;
  const at = text.search(statement);
  return `${text.slice(0, at)}${joined}${text.slice(at).replaceAll(statement, "")}`;
}

/**
 * Resolves imports between modules of the package, which have paths relative to `dist`. "own:" is the
 * module itself. "names:" has each of its names from the package, if that exports the same thing under
 * the name, and otherwise from "own:". "package:" has what the package exports.
 */
const corePlugin: Plugin = {
  name: core,
  setup({ onLoad, onResolve }) {
    const exported = exportsOf("index.js");
    const sideEffects = false;
    onResolve({ filter: /^\./ }, ({ path, importer }) => ({
      path: pathOf(path, importer),
      namespace: "names",
      sideEffects,
    }));
    onResolve({ filter: /^(own|package):/ }, ({ path }) => {
      const [namespace, name] = path.split(":");
      return { path: name, namespace, sideEffects };
    });
    onResolve(
      { filter: /^[@a-z-/]+$/ },
      ({ path, kind }) =>
        kind === "entry-point" ? undefined : { path, external: true, sideEffects },
    );
    onLoad({ filter: /.*/, namespace: "own" }, ({ path }) => ({ contents: pure(textOf(path)) }));
    onLoad({ filter: /.*/, namespace: "names" }, ({ path }) => {
      const lines = [...exportsOf(path)].map(([name, origin]) => {
        if (origin in otherwise) return `export const ${name} = ${otherwise[origin]};`;
        const from = exported.get(name) === origin ? "package:exports" : `own:${path}`;
        return `export { ${name} } from "${from}";`;
      });
      return { contents: `import { engine, Tensor } from "package:exports";\n${lines.join("\n")}` };
    });
    onLoad({ filter: /.*/, namespace: "package" }, () => ({
      contents: [...exported.keys()].map((name) => `export { ${name} } from "${core}";`).join("\n"),
    }));
  },
};

/**
 * Marks what a module computes when it loads as free of side effects, so that a bundler drops what is
 * not used: operations, the function of another gradient, and enumerations, which become expressions.
 */
const pure = (text: string): string =>
  text.replaceAll(/= op\(/g, "= /* @__PURE__ */ op(")
    .replaceAll(/: (\w+GradConfig\.gradFunc)/g, ": /* @__PURE__ */ (() => $1)()")
    .replaceAll(
      /var (\w+);\n\(function \(\1\) \{([^}]*)\}\)\(\1 \|\| \(\1 = \{\}\)\);/g,
      "var $1 = /* @__PURE__ */ (($1) => {$2return $1; })({});",
    );

const textOf = (path: string): string => Deno.readTextFileSync(new URL(path, dist));

const pathOf = (specifier: unknown, importer: string): string =>
  `${posix.join(posix.dirname(importer), `${specifier}`)}.js`;

const known = new Map<string, ReadonlyMap<string, string>>();

/** The names that a module exports → where each is defined: a path, "#" and the name there. */
function exportsOf(path: string): ReadonlyMap<string, string> {
  const found = known.get(path);
  if (found !== undefined) return found;
  const exported = new Map<string, string>();
  known.set(path, exported);
  const define = (name: string) => exported.set(name, `${path}#${name}`);
  for (const node of parse(textOf(path), { ecmaVersion: "latest", sourceType: "module" }).body) {
    if (node.type === "ExportAllDeclaration") {
      for (const [name, origin] of exportsOf(pathOf(node.source.value, path))) {
        exported.set(name, origin);
      }
    } else if (node.type === "ExportNamedDeclaration") {
      const { declaration, source } = node;
      const from = source ? exportsOf(pathOf(source.value, path)) : undefined;
      for (const { local, exported: as } of node.specifiers) {
        if (local.type !== "Identifier" || as.type !== "Identifier") continue;
        exported.set(as.name, from?.get(local.name) ?? `${path}#${local.name}`);
      }
      if (declaration?.type === "VariableDeclaration") {
        for (const { id } of declaration.declarations) {
          if (id.type === "Identifier") define(id.name);
        }
      } else if (declaration) define(declaration.id.name);
    }
  }
  return exported;
}

if (import.meta.main) {
  await Deno.writeTextFile(new URL("mod.js", import.meta.url), await gradientsModule());
}
