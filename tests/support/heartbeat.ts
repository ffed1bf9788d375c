/** A shell script that shows by a file that it lives, and the proof that it has ended. */

/** A script that writes to a file for as long as it lives. */
export const heart = (file: string): string => `while :; do echo . >>'${file}'; sleep 0.05; done`;

/** Fails unless a file was written to and is written to no more. */
export async function assertStopped(file: string): Promise<void> {
  const size = () => Deno.statSync(file).size;
  // Programs may be killed late where others need the processor.
  const end = Date.now() + 60_000;
  for (let before = 0; Date.now() < end;) {
    const now = size();
    if (now === before && now > 0) return;
    before = now;
    await new Promise((resolve) => setTimeout(resolve, 600));
  }
  throw new Error(`${file} is still written to`);
}
