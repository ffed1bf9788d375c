/**
 * Receives the lines of the run's log, and connects again when the connection breaks: also when the
 * server answers with an error, or is silent, where the browser itself gives up or does not notice. It
 * goes on where it was.
 */
/// <reference lib="dom" />
import type { LogLine } from "../../../schemas/run/logged_event.ts";

/** Milliseconds until the next try, and of silence after which a connection is dead. */
const retry = 1000;
const silence = 20_000;

/** `say` gets the state of the connection in words. */
export function follow(take: (line: LogLine) => void, say: (words: string) => void): void {
  let last = "";
  let heard = Date.now();
  let source: EventSource;
  const hear = () => heard = Date.now();
  const connect = () => {
    hear();
    source = new EventSource(`/events?after=${encodeURIComponent(last)}`);
    source.onopen = () => {
      hear();
      say("Connected.");
    };
    source.onerror = () => {
      say("Connection lost; trying again.");
      source.close();
      setTimeout(connect, retry);
    };
    source.onmessage = ({ data, lastEventId }) => {
      hear();
      last = lastEventId;
      take(JSON.parse(data) as LogLine);
    };
    source.addEventListener("alive", hear);
  };
  setInterval(() => {
    if (source.readyState !== EventSource.OPEN || Date.now() - heard < silence) return;
    source.close();
    say("Connection lost; trying again.");
    connect();
  }, retry);
  connect();
}
