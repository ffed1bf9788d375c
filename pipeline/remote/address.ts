/** Parses the URL of a remote store, and takes its credentials from the environment. */
import { Failed } from "../engine/failed.ts";

export interface RemoteAddress {
  /** Without credentials; ends with "/". */
  readonly url: string;
  /** The value of the header `Authorization`. A function, so that no printed object shows it. */
  authorization(): string | undefined;
  /** Hosts (`NAME` or `NAME:PORT`) that redirects may lead to. If there are any, also the store's own. */
  readonly redirects: readonly string[];
}

/** A remote store as a command is given it. */
export interface RemoteOptions {
  readonly address: RemoteAddress;
  /** Nothing is stored there. */
  readonly readOnly: boolean;
}

/** The variables that hold credentials. Nothing else reads them. */
export const credentialVariables = [
  "FANIN_REMOTE_TOKEN",
  "FANIN_REMOTE_USER",
  "FANIN_REMOTE_PASSWORD",
] as const;

type Credentials = Partial<Record<(typeof credentialVariables)[number], string>>;

/**
 * Reads the credentials and takes them out of the environment, so that neither a stage nor a program
 * that is started can read them.
 */
export function takeCredentials(): Credentials {
  const credentials: Credentials = {};
  for (const variable of credentialVariables) {
    const value = Deno.env.get(variable);
    if (value === undefined) continue;
    Deno.env.delete(variable);
    if (value !== "") credentials[variable] = value;
  }
  return credentials;
}

const usage = (message: string) => new Failed({ reason: "usage", message });

/** Parses what was given as `--remote`. No message repeats a text that may hold credentials. */
export function parseAddress(
  text: string,
  credentials: Credentials,
  redirects: readonly string[] = [],
): RemoteAddress {
  const found = /[@?#]/.test(text) ? "" : `, found "${text}"`;
  if (!URL.canParse(text)) {
    throw usage(`--remote: expected a URL, as https://cache.example.org/fanin${found}.`);
  }
  const url = new URL(text);
  if (url.username !== "" || url.password !== "") {
    throw usage(
      `--remote has credentials in its URL, which would be shown and remembered; expected them in ` +
        `the environment: FANIN_REMOTE_USER and FANIN_REMOTE_PASSWORD, or FANIN_REMOTE_TOKEN.`,
    );
  }
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    throw usage(`--remote: expected a URL of http or https${found}.`);
  }
  if (url.search !== "" || url.hash !== "") {
    throw usage(`--remote: expected a URL without "?" and "#"${found}.`);
  }
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  const authorization = authorizationOf(credentials);
  if (authorization !== undefined && url.protocol === "http:" && !isLoopback(url.hostname)) {
    throw usage(
      `There are credentials for the remote in the environment, and ${url.origin} would get them ` +
        `unencrypted; expected https, or a tunnel to this machine (ssh -L ` +
        `8080:${url.hostname}:${url.port || 80} …, then --remote http://127.0.0.1:8080/).`,
    );
  }
  return {
    url: url.href,
    authorization: () => authorization,
    redirects: redirects.map(parseHost),
  };
}

function parseHost(text: string): string {
  const url = URL.parse(`https://${text}`);
  if (url !== null && url.href === `https://${url.host}/`) return url.host;
  const example = "as bucket.example.org or bucket.example.org:8443";
  throw usage(`--remote-redirect: expected a host, ${example}, found "${text}".`);
}

const isLoopback = (hostname: string): boolean =>
  hostname === "localhost" || hostname === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(hostname);

function authorizationOf(credentials: Credentials): string | undefined {
  const token = credentials.FANIN_REMOTE_TOKEN;
  const user = credentials.FANIN_REMOTE_USER;
  const password = credentials.FANIN_REMOTE_PASSWORD;
  if (token !== undefined && (user !== undefined || password !== undefined)) {
    throw usage("Both FANIN_REMOTE_TOKEN and FANIN_REMOTE_USER or …_PASSWORD are set; set one.");
  }
  if (token !== undefined) {
    if (/^[\x21-\x7e]+$/.test(token)) return `Bearer ${token}`;
    throw usage("FANIN_REMOTE_TOKEN has characters that a token cannot have; set it anew.");
  }
  if (user === undefined && password === undefined) return undefined;
  if (user === undefined || password === undefined) {
    throw usage("Of FANIN_REMOTE_USER and FANIN_REMOTE_PASSWORD only one is set; set both.");
  }
  if (user.includes(":")) throw usage("FANIN_REMOTE_USER has a colon, which a name cannot have.");
  return `Basic ${new TextEncoder().encode(`${user}:${password}`).toBase64()}`;
}
