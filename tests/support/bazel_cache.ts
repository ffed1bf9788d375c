/**
 * A server by the documented rules of bazel-remote's HTTP cache, as `--disable_http_ac_validation` has
 * them: paths end in `ac/` or `cas/` and a SHA-256, a PUT has a length, and bytes in `cas/` are those of
 * their name. Writing takes credentials.
 */
import { join } from "node:path";
import { sha256Of } from "../../pipeline/store/sha256.ts";
import { password, user } from "./nginx.ts";
import type { Server } from "./remote_servers.ts";
import type { Workspace } from "./workspace.ts";

const allowed = `Basic ${new TextEncoder().encode(`${user}:${password}`).toBase64()}`;
const ofStatus = (status: number) => new Response(null, { status });

export async function bazelCache(
  { path }: Workspace,
  { readOnly }: { readOnly: boolean },
): Promise<Server> {
  const files = join(path, `bazel-${crypto.randomUUID().slice(0, 8)}`);
  for (const part of ["ac", "cas"]) await Deno.mkdir(join(files, part), { recursive: true });

  const put = async (request: Request, file: string, sha256: string | undefined) => {
    if (request.headers.get("authorization") !== allowed) return ofStatus(401);
    if (readOnly) return ofStatus(403);
    const length = request.headers.get("content-length");
    if (length === null) return ofStatus(400);
    const bytes = await request.bytes();
    if (bytes.length !== Number(length)) return ofStatus(400);
    if (sha256 !== undefined && sha256Of(bytes) !== sha256) return ofStatus(400);
    await Deno.writeFile(`${file}.partial`, bytes);
    await Deno.rename(`${file}.partial`, file);
    return ofStatus(200);
  };
  const get = async (file: string, method: string) => {
    const bytes = await Deno.readFile(file).catch(() => undefined);
    if (bytes === undefined) return ofStatus(404);
    const headers = { "content-length": String(bytes.length) };
    return new Response(method === "HEAD" ? null : bytes, { headers });
  };

  const gone = new AbortController();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, signal: gone.signal, onListen() {} },
    (request) => {
      const { pathname } = new URL(request.url);
      const [, part, name] = /\/(ac|cas)\/([0-9a-f]{64})$/.exec(pathname) ?? [];
      if (part === undefined) return ofStatus(400);
      const file = join(files, part, name);
      if (request.method === "PUT") return put(request, file, part === "cas" ? name : undefined);
      if (request.method === "GET" || request.method === "HEAD") return get(file, request.method);
      return ofStatus(405);
    },
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}/`,
    files,
    async [Symbol.asyncDispose]() {
      gone.abort();
      await server.finished;
    },
  };
}
