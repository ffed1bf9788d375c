/** Tests that a process ends as soon as its exchange with a remote store has failed. */
import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { root } from "../../support/checkout.ts";
import { denoUntil } from "../../support/deno_command.ts";
import { faulty } from "../../support/remote_place.ts";
import { workspace } from "../../support/workspace.ts";

/** Milliseconds in which a process ends that nothing keeps: far fewer than its requests may take. */
const soon = 20_000;

/**
 * A server that refuses the first request with a method, never ends its answer to the second, and never
 * answers the others.
 */
function refusing(method: string) {
  let begun = 0;
  return faulty("", async (request) => {
    if (request.method !== method) return new Response(null, { status: 404 });
    if (++begun > 2) return await new Promise(() => {});
    if (begun > 1) return new Response(new ReadableStream({ start: (c) => c.enqueue(piece) }));
    await request.body?.cancel();
    return new Response(null, { status: 403 });
  });
}

const piece = new Uint8Array(100);

Deno.test("a process whose push or pull is refused ends at once, whatever its other requests do", async () => {
  await using place = await workspace();
  const from = (file: string) => JSON.stringify(join(root, "pipeline", "remote", file));
  const script = join(place.path, "transfer.ts");
  for (
    const [method, ask] of [
      ["PUT", "client.putBlob(sha256, size, () => ReadableStream.from(pieces()), signal)"],
      [
        "GET",
        "client.blob(sha256, size, async (body) => { for await (const _ of body); }, signal)",
      ],
    ]
  ) {
    await using server = refusing(method);
    await Deno.writeTextFile(
      script,
      `import { parseAddress } from ${from("address.ts")};
      import { connect, usualLimits } from ${from("client.ts")};
      import { each } from ${from("request_group.ts")};
      const size = 1000 << 10;
      async function* pieces() {
        for (let n = 0; n < 1000; n++) {
          yield new Uint8Array(1 << 10);
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      }
      const limits = { ...usualLimits, stall: 60_000, grace: 60_000 };
      try {
        using client = connect(parseAddress("${server.url}", {}), limits);
        const names = ["a", "b", "c", "d"];
        // So that the connections have served others before.
        await each(names, async (name, signal) => {
          await client.hasBlob(name.repeat(64), size, signal);
        });
        await each(names, (name, signal) => {
          const sha256 = name.repeat(64);
          return ${ask};
        });
      } catch (error) {
        console.error(error.message);
      }`,
    );
    let failed = 0;
    let late: ReturnType<typeof setTimeout> | undefined;
    const config = `--config=${join(root, "deno.json")}`;
    const { code } = await denoUntil(
      ["run", config, "--frozen", "--allow-read=.", "--allow-net=127.0.0.1", script],
      "status 403",
      (child) => {
        failed = performance.now();
        late = setTimeout(() => child.kill(), soon);
      },
    );
    clearTimeout(late);
    assertEquals([code, failed > 0], [0, true], method);
  }
});
