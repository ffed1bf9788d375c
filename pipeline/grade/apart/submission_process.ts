/**
 * Entry of the process that opens one submission. Its thread does nothing but watch the process's memory:
 * a worker thread reads the submission, which may keep it busy for as long as its author likes.
 */
import { print } from "../../terminal/print.ts";
import type { Report } from "./messages.ts";

/** Milliseconds between two looks at the memory; it grows by about 1 GiB in a second. */
const interval = 25;

const send = (report: Report): void => print(JSON.stringify(report));

const task = await new Response(Deno.stdin.readable).text();
const { memory }: { memory: number } = JSON.parse(task);
const worker = new Worker(new URL("./submission_worker_start.ts", import.meta.url), {
  type: "module",
});

const watch = setInterval(() => {
  if (Deno.memoryUsage().rss < memory * 2 ** 20) return;
  send({ type: "too-large" });
  Deno.exit(1);
}, interval);

worker.addEventListener("message", ({ data }: MessageEvent<{ line: string; type: string }>) => {
  print(data.line);
  if (data.type === "recomputing") clearInterval(watch);
  if (["graded", "deferred", "refused"].includes(data.type)) Deno.exit(0);
});
worker.addEventListener("error", (event) => {
  event.preventDefault();
  send({ type: "refused", why: event.message });
  Deno.exit(1);
});
worker.postMessage(task);
