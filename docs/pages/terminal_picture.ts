/** Draws what a run prints on a terminal as an SVG: the live view at a moment, and the summary at the end. */
import { followJobs } from "../../pipeline/terminal/job_progress.ts";
import { liveFrame } from "../../pipeline/terminal/live_frame.ts";
import { runScreen } from "../../pipeline/terminal/run_screen.ts";
import { escapeMarkup } from "../../pipeline/terminal/escape.ts";
import { type Span, styled } from "../../pipeline/terminal/styled.ts";
import { command, events, summary, took } from "./recorded_run.ts";

const screen = { columns: 100, rows: 30, isTerminal: true, colour: true, moves: true };

/** Pixels. */
const [width, lineHeight, left, top] = [900, 19, 18, 58];

const attributes = {
  good: 'fill="#6fc7a5"',
  warning: 'fill="#e0b454"',
  bad: 'fill="#e2857b"',
  strong: 'font-weight="bold" fill="#ffffff"',
  faint: 'fill="#8f9a9f"',
};

/** The live view after all events, at the moment of the last one. */
function frame(): readonly (readonly Span[])[] {
  let second = 0;
  const jobs = followJobs(() => second);
  for (const [at, event] of events) {
    second = at;
    if (event !== undefined) jobs.note(event);
  }
  return liveFrame(jobs, screen, second);
}

/** Spaces that neither a browser nor a formatter folds. */
const kept = (text: string): string => escapeMarkup(text).replaceAll(" ", "\u00a0");

const spanText = (span: Span): string =>
  typeof span === "string"
    ? kept(span)
    : `<tspan ${attributes[span.style]}>${kept(span.text)}</tspan>`;

/** The picture's text. */
export function terminalPicture(): string {
  const lines: (readonly Span[])[] = [
    [styled("good", "$"), " ", styled("strong", command)],
    ...frame(),
    [],
    [styled("faint", "… and when it has ended:")],
    [],
    ...runScreen(summary, screen, { took }),
  ];
  const height = top + lines.length * lineHeight;
  const texts = lines.flatMap((line, i) =>
    line.length === 0
      ? []
      : [`<text x="${left}" y="${top + i * lineHeight}">${line.map(spanText).join("")}</text>`]
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="A terminal with a run: what is running and why, then the summary">
<rect width="100%" height="100%" rx="8" fill="#14191c"/>
<g fill="#5b666b"><circle cx="22" cy="20" r="5.5"/><circle cx="41" cy="20" r="5.5"/><circle cx="60" cy="20" r="5.5"/></g>
<g font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace" font-size="14" fill="#d7dedb">
${texts.join("\n")}
</g>
</svg>
`;
}
