/**
 * A real nginx on loopback for the tests of the remote store, with the configuration that docs/sharing.md
 * gives: only addresses and paths are others. `deno task setup-tests` brings it.
 */
import { join } from "node:path";
import type { Workspace } from "./workspace.ts";
import { root } from "./checkout.ts";
import { entriesIn } from "../../pipeline/store/files_under.ts";

/** The program that stages/download/setup.ts unpacked, or the system's. */
const programs = [join(root, "tests", "tmp", "nginx", "usr", "sbin", "nginx"), "/usr/sbin/nginx"];

export const user = "ada";
export const password = "canary-8c1d";

export interface Nginx extends AsyncDisposable {
  url: string;
  port: number;
  /** The directory of `ac/` and `cas/`. */
  files: string;
  /** Returns the logged requests: method, path, status, and whether each was authorized. */
  requests(): Promise<string[]>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Names under `ac/` or `cas/` that nginx has. */
export function namesIn({ files }: Nginx, part: "ac" | "cas"): string[] {
  return entriesIn(join(files, part)).map(({ name }) => name).sort();
}

export const bytesIn = ({ files }: Nginx, sha256: string): Uint8Array<ArrayBuffer> =>
  Deno.readFileSync(join(files, "cas", sha256));

/** The configuration in docs/sharing.md. */
export async function documented(): Promise<string> {
  const text = await Deno.readTextFile(join(root, "docs", "sharing.md"));
  const [, block] = /```nginx\n([^]*?)```/.exec(text)!;
  return block;
}

/** Starts nginx in a directory of the workspace; `edit` changes the configuration. */
export async function nginx(
  { path }: Workspace,
  edit: (config: string) => string = (config) => config,
): Promise<Nginx> {
  const program = programs.find((file) => {
    try {
      return Deno.statSync(file).isFile;
    } catch {
      return false;
    }
  });
  if (program === undefined) throw new Error(`expected nginx at ${programs.join(" or ")}`);
  const home = join(path, `nginx-${crypto.randomUUID().slice(0, 8)}`);
  const files = join(home, "srv");
  await Deno.mkdir(join(files, "incoming"), { recursive: true });
  const users = join(home, "users");
  await Deno.writeTextFile(users, `${user}:{PLAIN}${password}\n`);
  const port = freePort();
  const replaced = (text: string, from: string, to: string) => {
    if (!text.includes(from)) {
      throw new Error(`the configuration in docs/sharing.md has no ${from}`);
    }
    return text.replaceAll(from, to);
  };
  let server = edit(await documented());
  server = replaced(server, "listen 8080", `listen 127.0.0.1:${port}`);
  server = replaced(server, "/etc/nginx/fanin.users", `"${users}"`);
  server = replaced(server, "/srv/fanin/incoming", `"${files}/incoming"`);
  server = replaced(server, "root /srv/fanin", `root "${files}"`);
  const log = join(home, "requests");
  const others = ["proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `${name}_temp_path "${join(home, name)}";`).join(" ");
  const config = join(home, "nginx.conf");
  await Deno.writeTextFile(
    config,
    `${Deno.uid() === 0 ? "user root;" : ""}
worker_processes 1;
pid "${join(home, "pid")}";
error_log "${join(home, "errors")}" info;
events {}
http {
  log_format line '$request_method $uri $status $remote_user';
  access_log "${log}" line;
  ${others}
${server}
}
`,
  );
  let child: Deno.ChildProcess | undefined;
  const server_: Nginx = {
    url: `http://127.0.0.1:${port}/`,
    port,
    files,
    async requests() {
      // A line is written after its answer is sent; once that of a later request is there, all are.
      const mark = crypto.randomUUID();
      await (await fetch(`http://127.0.0.1:${port}/${mark}`)).body?.cancel();
      for (;;) {
        const lines = (await Deno.readTextFile(log)).trim().split("\n");
        if (lines.some((line) => line.includes(mark))) {
          return lines.filter((line) => /^\w+ \/(ac|cas)\//.test(line));
        }
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
    async start() {
      const { stderr } = child = new Deno.Command(program, {
        args: ["-p", home, "-c", config, "-g", "daemon off;"],
        stdin: "null",
        stdout: "null",
        stderr: "piped",
      }).spawn();
      let ended: string | undefined;
      new Response(stderr).text().then((text) => ended = text);
      while (!(await answers(port))) {
        if (ended !== undefined) throw new Error(`nginx ended: ${ended}`);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
    async stop() {
      child?.kill("SIGTERM");
      await child?.status;
      child = undefined;
    },
    [Symbol.asyncDispose]: () => server_.stop(),
  };
  await server_.start();
  return server_;
}

export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

export async function answers(port: number): Promise<boolean> {
  try {
    using _ = await Deno.connect({ hostname: "127.0.0.1", port });
    return true;
  } catch {
    return false;
  }
}
