/**
 * `report --watch`: follows the newest run in the browser, from what it writes into its directory. A
 * server on this machine alone, which reads and never writes; it goes on until it is interrupted.
 */
import { join } from "node:path";
import type { LogLine } from "../../schemas/run/logged_event.ts";
import { floatsInJson } from "../../schemas/run/float_text.ts";
import { readEventLog } from "../runs/event_log.ts";
import { Failed } from "../engine/failed.ts";
import { onEndingSignal } from "../terminal/interruption.ts";
import { reportFile, runsPath } from "../runs/read_manifest.ts";
import type { Place } from "./flags/flags.ts";
import { recordedFilesIn } from "../runs/run_source.ts";
import { lastRun } from "../runs/latest.ts";
import { complain, printSentences } from "../terminal/print.ts";
import { openInBrowser } from "./open_in_browser.ts";

interface WatchOptions {
  port: number;
  open: boolean;
}

const hostname = "127.0.0.1";

/** In bytes; a report that is larger is not shown. */
const largestReport = 256 << 20;

/** Milliseconds between two looks at the log. */
const interval = 200;

/** Serves until the process is interrupted; gives the exit code. */
export async function watch(project: Place, { port, open }: WatchOptions): Promise<number> {
  const [{ livePage }, { loadScripts }] = await Promise.all([
    import("../report/live_page.ts"),
    import("../report/client_script.ts"),
  ]);
  const page = await livePage(await loadScripts("live", project));
  const stop = new AbortController();
  using _listening = onEndingSignal(() => stop.abort());
  let server: Deno.HttpServer<Deno.NetAddr>;
  try {
    server = Deno.serve({
      hostname,
      port,
      signal: stop.signal,
      onListen({ port }) {
        const address = `http://${hostname}:${port}/`;
        printSentences(`Following the newest run at ${address} until interrupted (Ctrl-C).`);
        if (open) void openInBrowser(address).catch((error) => complain(error.message));
      },
    }, (request) => answer(request, project.artifacts, page, stop.signal));
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) throw new Failed({ reason: "port-in-use", port });
    throw error;
  }
  await server.finished;
  return 0;
}

function answer(request: Request, artifacts: string, page: string, signal: AbortSignal): Response {
  const { pathname, host, searchParams } = new URL(request.url);
  // A page elsewhere that a name of its own leads here must not read what runs here.
  if (!/^(127\.0\.0\.1|localhost)(:\d+)?$/.test(host)) return plain("Wrong host.", 403);
  if (request.method !== "GET" && request.method !== "HEAD") return plain("GET only.", 405);
  switch (pathname) {
    case "/":
      return html(page);
    case "/events":
      return events(artifacts, searchParams.get("after"), signal);
    case "/report": {
      const run = lastRun(artifacts);
      const none = plain("This run has no report yet.", 404);
      if (run === undefined) return none;
      try {
        const page = recordedFilesIn(join(runsPath(artifacts), run)).read(
          reportFile,
          largestReport,
        );
        return page === undefined ? none : html(page);
      } catch (error) {
        if (!(error instanceof Failed)) throw error;
        return plain(`${error.message}\n"deno task report" writes it again.`, 500);
      }
    }
    default:
      return plain("Nothing is here.", 404);
  }
}

const always = { "cache-control": "no-store", "x-content-type-options": "nosniff" };

const plain = (text: string, status: number): Response =>
  new Response(`${text}\n`, {
    status,
    headers: { ...always, "content-type": "text/plain; charset=utf-8" },
  });

const html = (text: string | Uint8Array<ArrayBuffer>): Response =>
  new Response(text, { headers: { ...always, "content-type": "text/html; charset=utf-8" } });

/**
 * The log as server-sent events. An event's id is its run and the offset after its line; a page that
 * comes back names the last one, and gets what it has not seen. A run that begins later takes over.
 */
function events(artifacts: string, after: string | null, signal: AbortSignal): Response {
  let [run, offset] = positionOf(after);
  let timer: ReturnType<typeof setInterval> | undefined;
  const encoder = new TextEncoder();
  const finish = () => clearInterval(timer);
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      let quiet = 0;
      const look = () => {
        try {
          const newest = lastRun(artifacts);
          if (newest !== undefined && newest !== run) [run, offset] = [newest, 0];
          const { lines, next } = run === undefined
            ? { lines: [], next: 0 }
            : readEventLog(join(runsPath(artifacts), run), offset);
          offset = next;
          const text = lines.map(({ line, next }) => eventText(`${run}:${next}`, line)).join("");
          // An event now and then shows that the connection stands.
          quiet = text === "" ? quiet + interval : 0;
          if (text !== "" || quiet % 5000 < interval) {
            controller.enqueue(encoder.encode(text || alive));
          }
        } catch (error) {
          finish();
          controller.error(error);
        }
      };
      controller.enqueue(encoder.encode(alive));
      look();
      timer = setInterval(look, interval);
      signal.addEventListener("abort", () => {
        finish();
        try {
          controller.close();
        } catch { /* The page has gone already. */ }
      }, { once: true });
    },
    cancel: finish,
  });
  return new Response(stream, { headers: { ...always, "content-type": "text/event-stream" } });
}

const alive = "event: alive\ndata: \n\n";

const eventText = (id: string, line: LogLine): string =>
  `id: ${id}\ndata: ${JSON.stringify(line, floatsInJson)}\n\n`;

function positionOf(id: string | null): [run: string | undefined, offset: number] {
  const found = /^([A-Za-z0-9-]{1,200}):(\d{1,15})$/.exec(id ?? "");
  return found === null ? [undefined, 0] : [found[1], Number(found[2])];
}
