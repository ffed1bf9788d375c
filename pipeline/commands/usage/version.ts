/** Tells the versions of fanin and of the Deno that runs it. */

/** One line: `fanin 0.1.0 (Deno 2.9.6, linux x86_64)`. */
export function versionLine(): string {
  const { version } = JSON.parse(
    Deno.readTextFileSync(new URL("../../../deno.json", import.meta.url)),
  );
  const { os, arch } = Deno.build;
  return `fanin ${version} (Deno ${Deno.version.deno}, ${os} ${arch})`;
}
