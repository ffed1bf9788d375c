/** Makes an authority of a test's own, and a server's certificate by it. */
import { join } from "node:path";
import { shell } from "./shell.ts";

/**
 * Makes in a directory `ca.pem`, an authority, and `server.pem` with `server.key`, a certificate of this
 * machine by it.
 */
export async function certify(directory: string): Promise<void> {
  const key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
  const { code, err } = await shell(
    `openssl req -x509 -days 3650 ${key} -keyout ca.key -out ca.pem -subj /CN=authority &&
     openssl req ${key} -keyout server.key -out server.csr -subj /CN=store &&
     echo subjectAltName=IP:127.0.0.1 > names &&
     openssl x509 -req -days 3650 -in server.csr -CA ca.pem -CAkey ca.key -extfile names -out server.pem`,
    directory,
  );
  if (code !== 0) throw new Error(err);
}

/** Serves over TLS on this machine, with the certificate that `certify` made in a directory. */
export function serveWithCertificate(
  directory: string,
  handler: Deno.ServeHandler<Deno.NetAddr>,
): Deno.HttpServer<Deno.NetAddr> {
  const read = (name: string) => Deno.readTextFileSync(join(directory, name));
  return Deno.serve(
    {
      hostname: "127.0.0.1",
      port: 0,
      cert: read("server.pem"),
      key: read("server.key"),
      onListen() {},
    },
    handler,
  );
}
