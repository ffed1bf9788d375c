/** `install`: installs the program `fanin`, which runs the commands of any project by their names. */
import { Failed } from "../../engine/failed.ts";
import { withoutLoader } from "../../engine/machine/loader_variables.ts";
import { linesWithin } from "../../terminal/escape.ts";
import { printSentences } from "../../terminal/print.ts";
import { printJson } from "../../terminal/print_json.ts";
import { givenPath } from "../../terminal/user_path.ts";
import { defineViewer, value } from "../flags/flags.ts";
import { json } from "../flags/shared_flags.ts";

export const command = defineViewer({
  about: "installs fanin as one command, for every project",
  flags: {
    root: value("PLACE", "installs to PLACE/bin (default: Deno's own, usually ~/.deno)"),
    json,
  },
  look: (_place, { root, json }) => install(root, json),
});

/**
 * Permissions of the launcher: it reads which task a command is, and Deno runs that task. TERM says how a
 * terminal shows its messages.
 */
const permissions = ["--allow-read", "--allow-run=deno", "--allow-env=TERM", "--no-prompt"];

async function install(root: string | undefined, asJson: boolean): Promise<number> {
  const launcher = import.meta.resolve("./launcher.ts");
  const { success, stdout, stderr } = await new Deno.Command("deno", {
    args: [
      ...["install", "--global", "--force", "--name", "fanin", ...permissions],
      ...(root === undefined ? [] : ["--root", givenPath(root)]),
      launcher,
    ],
    env: { ...withoutLoader, NO_COLOR: "1" },
  }).output();
  const text = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("\n");
  const lines = text.split("\n").map((line) => line.trim()).filter((line) => line !== "");
  if (!success) {
    const problem = linesWithin(lines.join("\n")).join(" ");
    throw new Failed({ reason: "usage", message: `fanin cannot be installed: ${problem}` });
  }
  const path = lines.find((line) => /[/\\]fanin(\.cmd)?$/.test(line)) ?? null;
  if (asJson) {
    printJson({ path });
    return 0;
  }
  // Deno's own advice where its directory is not on the PATH.
  const advice = lines.filter((line) => /PATH/.test(line));
  printSentences([
    `Installed ${path ?? "fanin"}.`,
    ...advice,
    'Completions: add this line to ~/.bashrc, or see "fanin completions --help".',
    "  source <(fanin completions bash)",
  ]);
  return 0;
}
