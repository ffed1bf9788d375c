/** Asks git for the commit in a directory. */
import type { Git } from "../../../schemas/run/manifest.ts";
import { withoutLoader } from "./loader_variables.ts";

/** Git's message outside of a repository. */
const noRepository = /^fatal: not a git repository \(or any/;

/** The commit in a directory and whether all is committed; why that is unknown; or null. */
export async function gitState(directory: string): Promise<Git | null> {
  const git = async (...args: string[]) => {
    const options = {
      args,
      cwd: directory,
      stdin: "null",
      env: { ...withoutLoader, LC_ALL: "C" },
    } as const;
    const { success, stdout, stderr } = await new Deno.Command("git", options).output();
    const said = new TextDecoder().decode(success ? stdout : stderr).trim();
    if (!success) throw new Error(said);
    return said;
  };
  try {
    const commit = await git("rev-parse", "HEAD");
    return { commit, clean: await git("status", "--porcelain") === "" };
  } catch (error) {
    const { message } = error as Error;
    if (noRepository.test(message)) return null;
    return { unknown: wordGitProblem(error as Error) };
  }
}

function wordGitProblem(error: Error): string {
  if (error instanceof Deno.errors.NotFound) return "git is not installed";
  if (error instanceof Deno.errors.NotCapable) return "this task may not run git";
  const [line] = error.message.replace(/^fatal: /, "").split("\n");
  return /unknown revision/.test(line) ? "the repository has no commit yet" : `git says: ${line}`;
}
