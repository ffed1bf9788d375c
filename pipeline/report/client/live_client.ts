/**
 * Follows a run: entry of the live page's script. Lines of the run's log come from the server as they
 * are written; when the connection breaks, the browser opens it again and goes on where it was.
 */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import type { LogLine } from "../../../schemas/run/logged_event.ts";
import { addMeasured, clearCurves } from "./live_curves.ts";
import { addThemeSwitch } from "./colour_scheme.ts";

const element = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T;

interface JobState {
  row: HTMLTableRowElement;
  state: "waiting" | "running" | "ran" | "cached" | "cached remotely" | "failed";
  started?: number;
  seconds?: number;
  progress?: { done: number; total: number; unit: string };
}

let jobs = new Map<string, JobState>();
let started = 0;
let ended = false;

function open(line: Extract<LogLine, { type: "opened" }>): void {
  const { run, experiment, about } = line;
  ended = false;
  started = Date.parse(line.at);
  element("experiment").textContent = experiment;
  element("about").textContent = about.slice(0, 1).toUpperCase() + about.slice(1);
  element("when").textContent = run;
  element("report").hidden = true;
  element("messages").hidden = true;
  element("messages").querySelector("ol")!.replaceChildren();
  clearCurves();
  const body = document.querySelector<HTMLTableSectionElement>("#jobs tbody")!;
  body.replaceChildren();
  jobs = new Map(line.jobs.map(({ name, about, needs }) => {
    const row = body.insertRow();
    const head = document.createElement("th");
    head.scope = "row";
    head.textContent = name;
    head.title = about;
    row.append(head);
    for (const text of ["waiting", "", needs.join(", ")]) row.insertCell().textContent = text;
    row.cells[2].className = "number";
    return [name, { row, state: "waiting" }];
  }));
}

function take(line: LogLine): void {
  switch (line.type) {
    case "opened":
      return open(line);
    case "started":
      return change(line.job, { state: "running", started: Date.parse(line.at) });
    case "progress": {
      const { job, done, total, unit } = line;
      return change(job, { progress: { done, total, unit } });
    }
    case "measured":
      return addMeasured(line);
    case "success":
      return change(line.job, {
        state: stateOf(line),
        seconds: line.seconds,
      });
    case "failure":
      if (line.job !== undefined) change(line.job, { state: "failed" });
      return say(line.message);
    case "notice":
      return say(line.message);
    case "ended":
      ended = true;
      element("report").hidden = !line.report;
      element("when").textContent += `. ${line.status[0].toUpperCase()}${line.status.slice(1)}.`;
      return;
  }
}

function stateOf({ reason, from }: Extract<LogLine, { type: "success" }>): JobState["state"] {
  if (reason === "ran") return "ran";
  return from === undefined ? "cached" : "cached remotely";
}

function change(name: string, to: Partial<JobState>): void {
  const job = jobs.get(name);
  if (job === undefined) return;
  Object.assign(job, to);
  job.row.cells[1].textContent = job.state;
  job.row.cells[1].className = `state ${job.state.split(" ")[0]}`;
  job.row.cells[2].textContent = job.seconds?.toFixed(2) ?? "";
}

function say(message: string): void {
  element("messages").hidden = false;
  const item = document.createElement("li");
  item.textContent = message;
  element("messages").querySelector("ol")!.append(item);
}

const minutes = (seconds: number): string =>
  `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

/** Redraws what changes with time, and the bars of running jobs. */
function draw(): void {
  const all = [...jobs];
  const running = all.filter(([, { state }]) => state === "running");
  const done = all.filter(([, { state }]) => state !== "waiting" && state !== "running").length;
  const whole = element<HTMLProgressElement>("whole");
  whole.max = Math.max(1, all.length);
  whole.value = done;
  element("counts").textContent = all.length === 0 ? "" : `${done} of ${all.length} jobs` +
    (ended ? "." : `, ${minutes((Date.now() - started) / 1000)} since it began.`);
  element("running").hidden = running.length === 0 || ended;
  element("running").querySelector("ul")!.replaceChildren(...running.map(([name, job]) => {
    const item = document.createElement("li");
    const label = document.createElement("span");
    const bar = document.createElement("progress");
    const text = document.createElement("span");
    label.textContent = name;
    bar.setAttribute("aria-label", name);
    if (job.progress !== undefined && job.progress.total > 0) {
      const { done, total, unit } = job.progress;
      bar.max = total;
      bar.value = done;
      text.textContent = `${done} of ${total} ${unit}`;
    } else {
      text.textContent = `${minutes((Date.now() - job.started!) / 1000)}`;
    }
    item.append(label, bar, text);
    return item;
  }));
}

addThemeSwitch(document.querySelector<HTMLButtonElement>(".theme")!);
const source = new EventSource("/events");
const connection = element("connection");
source.onopen = () => connection.textContent = "Connected.";
source.onerror = () => connection.textContent = "Connection lost; trying again.";
source.onmessage = ({ data }) => take(JSON.parse(data) as LogLine);
setInterval(draw, 500);
