/** `report`: the report of a run as one HTML file; its path is printed. */
import { relative } from "node:path";
import { pathToFileURL } from "node:url";
import { openConsole } from "../console.ts";
import { Failed } from "../event.ts";
import type { Project } from "../project.ts";
import { openRunSource } from "../run_source.ts";
import { harmlessJson, print } from "../terminal.ts";

export interface ReportOptions {
  /** As `openRunSource` takes it. */
  run: string;
  /** Show it in the browser. */
  open: boolean;
  json: boolean;
}

export async function report(project: Project, options: ReportOptions): Promise<number> {
  const view = openConsole();
  const { writeReport } = await import("../report/write.ts");
  const { path, problems } = await writeReport(
    project.artifacts,
    openRunSource(project.artifacts, options.run),
  );
  for (const message of problems) {
    view.show({ type: "notice", notice: { reason: "not-in-report", message } });
  }
  view.close();
  const shown = relative(Deno.cwd(), path);
  print(options.json ? harmlessJson({ report: shown, problems }) : shown);
  if (options.open) await openInBrowser(pathToFileURL(path).href);
  return 0;
}

/** Programs that open an address in the user's browser, by system. */
const openers: Partial<Record<typeof Deno.build.os, [program: string, ...args: string[]]>> = {
  darwin: ["open"],
  windows: ["explorer"],
};

export async function openInBrowser(address: string): Promise<void> {
  const [program, ...args] = openers[Deno.build.os] ?? ["xdg-open"];
  try {
    const { success } = await new Deno.Command(program, { args: [...args, address] }).output();
    // Windows' explorer gives 1 also when it has opened it.
    if (success || Deno.build.os === "windows") return;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  throw new Failed({ reason: "not-opened", program, address });
}
