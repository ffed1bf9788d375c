/**
 * The servers that tests of the remote store run against, one entry each: programs of Debian's packages,
 * which `deno task setup-tests` unpacks, and Bazel's cache server by its documented rules.
 */
import { join } from "node:path";
import { bazelCache } from "./bazel_cache.ts";
import { answers, freePort, nginx, password, user } from "./nginx.ts";
import type { Workspace } from "./workspace.ts";
import { quoted } from "./shell.ts";
import { root } from "./checkout.ts";

export interface Server extends AsyncDisposable {
  url: string;
  /** The directory of `ac/` and `cas/`. */
  files: string;
}

export interface Kind {
  name: string;
  /** False for a server that takes no files at all. */
  takesFiles: boolean;
  /** True if it asks for credentials also to read. */
  guardsReading?: boolean;
  /** Starts it; with `readOnly` its configuration takes no files. */
  start(place: Workspace, options: { readOnly: boolean }): Promise<Server>;
}

/** Directory of the unpacked packages. */
const unpacked = join(root, "tests", "tmp", "servers");

/** A program's path: unpacked, or the system's. */
function programAt(...path: string[]): string {
  const found = [join(unpacked, ...path), join("/", ...path)].find((file) => {
    try {
      return Deno.statSync(file).isFile;
    } catch {
      return false;
    }
  });
  if (found !== undefined) return found;
  throw new Error(`expected /${path.join("/")}, also below ${unpacked}; run deno task setup-tests`);
}

/** The unpacked directory, or the system's. */
function directoryAt(...path: string[]): string {
  const own = join(unpacked, ...path);
  try {
    Deno.statSync(own);
    return own;
  } catch {
    return join("/", ...path);
  }
}

interface Site {
  home: string;
  files: string;
  port: number;
}

/** Starts a program by the shell, which finds the unpacked libraries, and waits until it answers. */
async function started(
  place: Workspace,
  command: (site: Site) => Promise<string[]>,
): Promise<Server> {
  const home = join(place.path, `server-${crypto.randomUUID().slice(0, 8)}`);
  const files = join(home, "files");
  await Deno.mkdir(files, { recursive: true });
  // A server that gives up root's rights writes there too.
  await Deno.chmod(place.path, 0o755);
  await Deno.chmod(files, 0o777);
  const port = freePort();
  const words = await command({ home, files, port });
  const libraries = ["x86_64", "aarch64"]
    .map((machine) => join(unpacked, "usr", "lib", `${machine}-linux-gnu`)).join(":");
  const child = new Deno.Command("sh", {
    args: ["-c", `LD_LIBRARY_PATH=${quoted(libraries)} exec ${words.map(quoted).join(" ")}`],
    cwd: home,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  let ended: string | undefined;
  new Response(child.stderr).text().then((text) => ended = text);
  while (!(await answers(port))) {
    if (ended !== undefined) throw new Error(`${words[0]} ended: ${ended}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return {
    url: `http://127.0.0.1:${port}/`,
    files,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await child.status;
    },
  };
}

async function written(path: string, text: string): Promise<string> {
  await Deno.writeTextFile(path, text);
  return path;
}

/** Reads directories anew, because the tests put files behind its back. */
const rcloneOf = ({ home }: Site): string[] => [
  programAt("usr", "bin", "rclone"),
  ...["--config", join(home, "rclone.conf"), "--cache-dir", join(home, "cache")],
  ...["--dir-cache-time", "0s"],
];

const lighttpd = ({ home, files, port }: Site, users: string, readOnly: boolean) => `
server.document-root = "${files}"
server.bind = "127.0.0.1"
server.port = ${port}
server.errorlog = "${home}/errors"
server.upload-dirs = ("${home}")
server.modules = ("mod_auth", "mod_authn_file", "mod_webdav")
webdav.activate = "enable"
webdav.is-readonly = "${readOnly ? "enable" : "disable"}"
auth.backend = "plain"
auth.backend.plain.userfile = "${users}"
$HTTP["request-method"] !~ "^(GET|HEAD)$" {
  auth.require = ("" => ("method" => "basic", "realm" => "fanin", "require" => "valid-user"))
}
`;

const apacheModules = [
  "mpm_event",
  "authn_core",
  "authn_file",
  "authz_core",
  "authz_user",
  "auth_basic",
  "dav",
  "dav_fs",
];

const apache = ({ home, files, port }: Site, users: string, readOnly: boolean) => `
ServerRoot "${home}"
ServerName 127.0.0.1
Listen 127.0.0.1:${port}
PidFile "${home}/pid"
ErrorLog "${home}/errors"
DefaultRuntimeDir "${home}"
Mutex pthread
${
  apacheModules.map((name) =>
    `LoadModule ${name}_module "${
      directoryAt("usr", "lib", "apache2", "modules", `mod_${name}.so`)
    }"`
  ).join("\n")
}
${Deno.uid() === 0 ? "User nobody\nGroup nogroup" : ""}
DocumentRoot "${files}"
DavLockDB "${home}/locks/db"
<Directory "${files}">
  Dav ${readOnly ? "Off" : "On"}
  AuthType Basic
  AuthName fanin
  AuthUserFile "${users}"
  <LimitExcept GET HEAD>
    Require valid-user
  </LimitExcept>
  <Limit GET HEAD>
    Require all granted
  </Limit>
</Directory>
`;

/** A password's line in a file of Apache's users. */
async function apacheUser(): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-1", new TextEncoder().encode(password));
  return `${user}:{SHA}${new Uint8Array(digest).toBase64()}\n`;
}

export const kinds: readonly Kind[] = [
  {
    name: "nginx",
    takesFiles: true,
    start: (place, { readOnly }) =>
      nginx(place, (config) => readOnly ? config.replace(/dav_methods PUT;/, "") : config),
  },
  {
    name: "lighttpd",
    takesFiles: true,
    start: (place, { readOnly }) =>
      started(place, async (site) => {
        const users = await written(join(site.home, "users"), `${user}:${password}\n`);
        const text = lighttpd(site, users, readOnly);
        const config = await written(join(site.home, "lighttpd.conf"), text);
        const modules = directoryAt("usr", "lib", "lighttpd");
        return [programAt("usr", "sbin", "lighttpd"), "-D", "-f", config, "-m", modules];
      }),
  },
  {
    name: "Apache",
    takesFiles: true,
    start: (place, { readOnly }) =>
      started(place, async (site) => {
        await Deno.mkdir(join(site.home, "locks"));
        await Deno.chmod(join(site.home, "locks"), 0o777);
        const users = await written(join(site.home, "users"), await apacheUser());
        const config = await written(join(site.home, "conf"), apache(site, users, readOnly));
        return [programAt("usr", "sbin", "apache2"), "-D", "FOREGROUND", "-f", config];
      }),
  },
  {
    name: "rclone serve webdav",
    takesFiles: true,
    guardsReading: true,
    start: (place, { readOnly }) =>
      started(place, (site) =>
        Promise.resolve([
          ...rcloneOf(site),
          ...["serve", "webdav", site.files, "--addr", `127.0.0.1:${site.port}`],
          ...["--user", user, "--pass", password],
          ...(readOnly ? ["--read-only"] : []),
        ])),
  },
  {
    name: "Bazel's cache server, by its rules",
    takesFiles: true,
    start: (place, { readOnly }) => bazelCache(place, { readOnly }),
  },
  {
    name: "rclone serve http",
    takesFiles: false,
    start: (place) =>
      started(place, (site) =>
        Promise.resolve([
          ...rcloneOf(site),
          ...["serve", "http", site.files, "--addr", `127.0.0.1:${site.port}`],
        ])),
  },
  {
    name: "Python's http.server",
    takesFiles: false,
    start: (place) =>
      started(place, ({ files, port }) =>
        Promise.resolve([
          ...["python3", "-m", "http.server", String(port)],
          ...["--bind", "127.0.0.1", "--directory", files],
        ])),
  },
  {
    name: "Caddy",
    takesFiles: false,
    start: (place) =>
      started(place, ({ files, port }) =>
        Promise.resolve([
          programAt("usr", "bin", "caddy"),
          ...["file-server", "--listen", `127.0.0.1:${port}`, "--root", files],
        ])),
  },
];
