/**
 * Holds the connections to a remote store: plain ones, and those over TLS with what the environment says of
 * authorities and of a proxy.
 */
import http from "node:http";
import https from "node:https";
import { getCACertificates } from "node:tls";

interface Agents extends Disposable {
  /** The module and its connections for a URL. */
  of(url: URL): { module: typeof http | typeof https; agent: http.Agent };
}

/** Keeps connections open between requests. */
export function openAgents(): Agents {
  let plain: http.Agent | undefined;
  let secure: https.Agent | undefined;
  return {
    of: ({ protocol }) =>
      protocol === "http:"
        ? { module: http, agent: plain ??= new http.Agent({ keepAlive: true }) }
        : { module: https, agent: secure ??= secureAgent() },
    [Symbol.dispose]() {
      plain?.destroy();
      secure?.destroy();
    },
  };
}

/**
 * Trusts the authorities of Deno, and those in the file that DENO_CERT names. Goes through the proxy of the
 * environment, which sees nothing over TLS; plain requests go through none.
 */
function secureAgent(): https.Agent {
  const file = Deno.env.get("DENO_CERT");
  const ca = file && [...getCACertificates("default"), Deno.readTextFileSync(file)];
  const { HTTPS_PROXY, https_proxy = HTTPS_PROXY, NO_PROXY, no_proxy = NO_PROXY } = environment();
  const options = { keepAlive: true, ca: ca || undefined, proxyEnv: { https_proxy, no_proxy } };
  return new https.Agent(options);
}

/** Variables by which the environment names a proxy. */
export const proxyVariables = ["HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy"] as const;

const environment = (): Partial<Record<(typeof proxyVariables)[number], string>> =>
  Object.fromEntries(proxyVariables.flatMap((name) => {
    const value = Deno.env.get(name);
    return value ? [[name, value]] : [];
  }));
