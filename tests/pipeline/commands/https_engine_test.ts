/** Tests the engine where it is imported by https, as from JSR: it says that it needs its files on the disk. */
import { assertEquals } from "@std/assert";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { root } from "../../support/checkout.ts";
import { certify, serveWithCertificate } from "../../support/certificates.ts";
import { workspace } from "../../support/workspace.ts";
import { deno } from "../../support/deno_command.ts";
import { readJson } from "../../support/copied_files.ts";
import { shell } from "../../support/shell.ts";

/** The files that `deno publish` would publish, by their paths in the repository. */
async function published(): Promise<Set<string>> {
  const { code, out, err } = await deno(["publish", "--dry-run", "--allow-dirty", "--no-check"]);
  assertEquals(code, 0, err);
  const urls = (out + err).matchAll(/^ +(file:\/\/\S+) \(/gm);
  return new Set([...urls].map(([, url]) => relative(root, fileURLToPath(url))));
}

/** Serves the published files by https, with certificates of an authority of its own. */
async function serve(certificates: string) {
  const files = await published();
  const server = serveWithCertificate(
    certificates,
    async ({ url }) => {
      const path = decodeURIComponent(new URL(url).pathname.slice(1));
      if (!files.has(path)) return new Response(null, { status: 404 });
      const type = path.endsWith(".ts") ? "text/typescript" : "application/octet-stream";
      return new Response(await Deno.readFile(join(root, path)), {
        headers: { "content-type": type },
      });
    },
  );
  return {
    origin: `https://127.0.0.1:${server.addr.port}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

const stages = `import { defineDag, defineStage, metrics } from "fanin";

const count = defineStage({
  name: "count",
  module: import.meta.url,
  about: "counts",
  outputs: { metrics },
  run: () => ({ metrics: { count: 3 } }),
});

export const dag = defineDag((job) => {
  job("count/all", count, { inputs: {} });
});
`;

const cli = `import { main } from "fanin/main";

Deno.exitCode = await main(Deno.args, {
  root: import.meta.dirname!,
  artifacts: \`\${import.meta.dirname}/artifacts\`,
  dagModule: import.meta.resolve("./stages.ts"),
  experiments: { first: () => Promise.resolve({ name: "first", about: "runs every job" }) },
});
`;

Deno.test("every command of an engine that is imported by https says what to do, and exits with 2", async () => {
  await using place = await workspace();
  await certify(place.path);
  await using server = await serve(place.path);
  const { imports } = await readJson(root, "package", "deno.json");
  const at = (path: string) => new URL(path, server.origin).href;
  const own = {
    "fanin": at("pipeline/mod.ts"),
    "fanin/main": at("pipeline/commands/main.ts"),
    "@std/cli/parse-args": at("vendor/cli/parse_args.ts"),
  };
  const write = (name: string, text: string) => Deno.writeTextFile(join(place.path, name), text);
  await write("deno.json", JSON.stringify({ imports: { ...imports, ...own } }));
  await write("stages.ts", stages);
  await write("cli.ts", cli);
  const said = `fanin reads its own files, so it must lie on a disk of this machine; found it at ` +
    `${server.origin}. ` +
    `Clone its repository, and name the folder "package" of the clone under "links" in your ` +
    "deno.json.";
  const run = (script: string) =>
    shell(`deno run -A -q --no-lock --cert ca.pem ${script}`, place.path);
  for (const command of ["help", "plan", "reproduce", "diff a b", "report latest"]) {
    const ended = await run(`cli.ts ${command}`);
    assertEquals(ended, { code: 2, out: "", err: `${said}\n` }, command);
  }
});
