/**
 * Follows a run: entry of the live page's script. Lines of the run's log come from the server as they
 * are written. What is on the page keeps its place while they come.
 */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import type { LogLine } from "../../../schemas/run/logged_event.ts";
import { addMeasured, clearCurves } from "./live_curves.ts";
import { follow } from "./live_connection.ts";
import { addThemeSwitch } from "./colour_scheme.ts";
import { capitalised } from "../../terminal/phrase.ts";

const element = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T;

interface JobState {
  row: HTMLTableRowElement;
  needs: string[];
  state: "waiting" | "running" | "ran" | "cached" | "cached remotely" | "failed";
  /** In the list of running jobs, while it runs. */
  item?: RunningItem;
  started?: number;
  seconds?: number;
  progress?: { done: number; total: number; unit: string };
}

interface RunningItem {
  item: HTMLLIElement;
  bar: HTMLProgressElement;
  text: HTMLSpanElement;
}

let jobs = new Map<string, JobState>();

/** Jobs whose row is not up to date; all are drawn together, because a run's log comes at once. */
const changed = new Set<JobState>();
let started = 0;
let ended = false;

/** Milliseconds in which the log of a run that began earlier comes; its parts appear together after it. */
const catchingUp = 500;

const isOver = ({ state }: JobState): boolean => state !== "waiting" && state !== "running";

const list = (): HTMLElement => element("running").querySelector("ul")!;

function open(line: Extract<LogLine, { type: "opened" }>): void {
  const { run, experiment, about } = line;
  ended = false;
  started = Date.parse(line.at);
  element("experiment").textContent = experiment;
  element("kind").textContent = "A run in progress";
  element("about").textContent = capitalised(about);
  element("when").textContent = run;
  element("outcome").textContent = "";
  for (const id of ["report", "messages", "to-messages"]) element(id).hidden = true;
  element("messages").querySelector("ol")!.replaceChildren();
  list().replaceChildren();
  list().style.minHeight = "";
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
    for (let column = 0; column < 3; column++) row.insertCell();
    row.cells[2].className = "number";
    return [name, { row, needs, state: "waiting" }];
  }));
  changed.clear();
  for (const job of jobs.values()) changed.add(job);
  setTimeout(() => {
    element("running").hidden = ended;
    for (const id of ["curves", "jobs"]) element(id).hidden = false;
  }, catchingUp);
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
      return end(line);
  }
}

function end({ at, status, report }: Extract<LogLine, { type: "ended" }>): void {
  ended = true;
  element("kind").textContent = "A run that has ended";
  element("report").hidden = !report;
  element("running").hidden = true;
  const seconds = (Date.parse(at) - started) / 1000;
  element("outcome").textContent = `${capitalised(status)} after ${minutes(seconds)}.`;
  // Not with the next regular drawing: a page that a reader opens late would show an empty bar until then.
  draw();
}

function stateOf({ reason, from }: Extract<LogLine, { type: "success" }>): JobState["state"] {
  if (reason === "ran") return "ran";
  return from === undefined ? "cached" : "cached remotely";
}

function change(name: string, to: Partial<JobState>): void {
  const job = jobs.get(name);
  if (job === undefined) return;
  Object.assign(job, to);
  changed.add(job);
  if (!isOver(job)) return;
  for (const other of jobs.values()) if (other.needs.includes(name)) changed.add(other);
}

/** Brings the rows of jobs and the list of those that run up to date. */
function showChanged(): void {
  for (const job of changed) {
    showRow(job);
    if (job.state === "running") job.item ??= addItem(job.row.cells[0].textContent!);
    if (!isOver(job)) continue;
    job.item?.item.remove();
    job.item = undefined;
  }
  changed.clear();
  // The list keeps its height when jobs end, so that the page below stays.
  if (!ended) list().style.minHeight = `${list().getBoundingClientRect().height}px`;
}

function showRow({ row, state, seconds, needs }: JobState): void {
  row.cells[1].textContent = state;
  row.cells[1].className = `state ${state.split(" ")[0]}`;
  row.cells[2].textContent = seconds?.toFixed(2) ?? "";
  const missing = needs.filter((need) => jobs.has(need) && !isOver(jobs.get(need)!));
  row.cells[3].textContent = state !== "waiting" || missing.length === 0
    ? ""
    : missing.length === 1
    ? missing[0]
    : `${missing.length} jobs`;
}

function addItem(name: string): RunningItem {
  const item = document.createElement("li");
  const label = document.createElement("span");
  const bar = document.createElement("progress");
  const text = document.createElement("span");
  label.textContent = label.title = name;
  bar.setAttribute("aria-label", name);
  item.append(label, bar, text);
  list().append(item);
  return { item, bar, text };
}

function say(message: string): void {
  const place = element("messages").querySelector("ol")!;
  element("messages").hidden = false;
  const item = document.createElement("li");
  item.textContent = message;
  place.append(item);
  const number = place.childElementCount;
  element("to-messages").hidden = false;
  element("to-messages").textContent = number === 1 ? "1 message" : `${number} messages`;
}

const minutes = (seconds: number): string =>
  `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

/** Redraws what changes with time: the counts, and the bars of running jobs. */
function draw(): void {
  showChanged();
  const all = [...jobs.values()];
  const done = all.filter(isOver).length;
  const failed = all.filter(({ state }) => state === "failed").length;
  const whole = element<HTMLProgressElement>("whole");
  whole.max = Math.max(1, all.length);
  whole.value = done;
  element("counts").textContent = all.length === 0 ? "" : `${done} of ${all.length} jobs` +
    (failed > 0 ? `, ${failed} failed` : "") +
    (ended ? "." : `, ${minutes((Date.now() - started) / 1000)} since it began.`);
  for (const { item, progress, started } of all) {
    if (item === undefined) continue;
    if (progress !== undefined && progress.total > 0) {
      const { done, total, unit } = progress;
      item.bar.max = total;
      item.bar.value = done;
      item.text.textContent = item.text.title = `${done} of ${total} ${unit}`;
    } else {
      item.text.textContent = `${minutes((Date.now() - started!) / 1000)}`;
    }
  }
}

addThemeSwitch(document.querySelector<HTMLButtonElement>(".theme")!);
follow(take, (words) => element("connection").textContent = words);
setInterval(draw, 500);
