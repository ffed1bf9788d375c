/** `cat`: prints an artifact of a run as it is stored. */
import { Failed } from "../../engine/failed.ts";
import type { ManifestJob } from "../../../schemas/run/manifest.ts";
import { dotted, jobsNamed } from "../../engine/project/job_names.ts";
import type { RunSource } from "../../runs/run_source.ts";
import { type Content, piecesOf, wholeOf } from "../../store/content_pieces.ts";
import { isTerminal, print, writeBytes } from "../../terminal/print.ts";
import { printJson } from "../../terminal/print_json.ts";
import { bytes } from "../../terminal/numbers.ts";
import { shellWord } from "../../terminal/shell_word.ts";
import { defineViewer } from "../flags/flags.ts";
import { openNamed } from "../open_named.ts";
import { json, runs } from "../flags/shared_flags.ts";
import { splitOperand } from "./run_operand.ts";

const operands = runs(1, 1, "[RUN:]JOB/OUTPUT");

export const command = defineViewer({
  about: "prints an artifact of a run",
  operands: {
    ...operands,
    about: `${operands.about} Without a name it is latest. OUTPUT is the output's name or its ` +
      "file's, and may be left out of a job with one.",
  },
  flags: { json },
  async look({ artifacts }, { operands: [text], json }) {
    const { run, rest } = splitOperand(text);
    using source = await openNamed(artifacts, run);
    const { job, output } = outputNamed(source, rest);
    const inspected = source.inspect(job.name, output);
    if (inspected.state === "whole") {
      return printOutput(source, job, output, inspected.content, { operand: text, json });
    }
    // Throws for one that is damaged.
    if (inspected.state === "damaged") source.read(job.name, output);
    const message =
      `${job.name}/${output} of ${run} is not available here: its bytes are in another ` +
      `store. "deno task pull" or "deno task import" brings them.`;
    throw new Failed({ reason: "usage", message });
  },
});

/** Finds the output that `JOB/OUTPUT` or `JOB` names, where "." may stand for "/". */
function outputNamed({ manifest }: RunSource, text: string): { job: ManifestJob; output: string } {
  const { jobs } = manifest;
  // Names as they are go before those with other signs.
  const owners = [
    ...jobs.filter(({ name }) => text.startsWith(`${name}/`)),
    ...jobs.filter(({ name }) => dotted(text).startsWith(`${dotted(name)}.`)),
  ];
  const within = (job: ManifestJob, name: string) =>
    Object.keys(job.outputs).find((output) =>
      output === name || job.outputs[output].file === `${job.name}/${name}`
    );
  for (const job of owners) {
    const output = within(job, text.slice(job.name.length + 1));
    if (output !== undefined) return { job, output };
  }
  const same = jobs.find(({ name }) => name === text) ??
    jobs.find(({ name }) => dotted(name) === dotted(text));
  const [only, ...more] = Object.keys(same?.outputs ?? {});
  if (same !== undefined && only !== undefined && more.length === 0) {
    return { job: same, output: only };
  }
  if (same !== undefined) {
    const names = Object.keys(same.outputs);
    const message = names.length === 0
      ? `${same.name} of ${manifest.run} has no output; expected a job with one.`
      : `${same.name} has ${names.length} outputs; expected one of them after "${same.name}/": ` +
        `${names.join(", ")}.`;
    throw new Failed({ reason: "usage", message });
  }
  const [owner] = owners;
  const what = owner === undefined ? `artifact of ${manifest.run}` : `output of ${owner.name}`;
  const known = owner === undefined
    ? jobs.flatMap(({ name, outputs }) => Object.keys(outputs).map((one) => `${name}/${one}`))
    : Object.keys(owner.outputs);
  const name = owner === undefined ? text : text.slice(owner.name.length + 1);
  if (owner === undefined) {
    jobsNamed(
      text.split("/").slice(0, -1).join("/") || text,
      jobs.map(({ name }) => name),
      `job of ${manifest.run}`,
    );
  }
  throw new Failed({ reason: "unknown-name", what, name, known });
}

/** Most bytes that `--json` embeds. */
const mostInJson = 64 << 20;

function printOutput(
  { manifest: { run } }: RunSource,
  job: ManifestJob,
  output: string,
  content: Content,
  { operand, json }: { operand: string; json: boolean },
): number {
  const { file, mediaType, sha256 } = job.outputs[output];
  if (json) {
    if (content.size > mostInJson) {
      const message =
        `${file} has ${bytes(content.size)}; expected at most ${bytes(mostInJson)} for ` +
        "--json. Redirect it without --json.";
      throw new Failed({ reason: "usage", message });
    }
    const all = wholeOf(content);
    const text = textOf(all);
    printJson({
      run,
      job: job.name,
      output,
      file,
      mediaType,
      bytes: content.size,
      sha256,
      ...(text === undefined ? { base64: all.toBase64() } : { text }),
    });
    return 0;
  }
  if (!isTerminal()) {
    for (const piece of piecesOf(content)) if (!writeBytes(piece)) break;
    return 0;
  }
  const text = content.size > mostInJson ? undefined : textOf(wholeOf(content));
  if (text === undefined) {
    const message =
      `${file} is no text (${mediaType}, ${bytes(content.size)}); a terminal shows text ` +
      `only. Redirect it: deno task -q cat ${shellWord(operand)} > FILE`;
    throw new Failed({ reason: "usage", message });
  }
  print(text.replace(/\n$/, "").split("\n"));
  return 0;
}

/** The text of bytes, undefined where they are none. */
function textOf(all: Uint8Array): string | undefined {
  if (all.includes(0)) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(all);
  } catch {
    return undefined;
  }
}
