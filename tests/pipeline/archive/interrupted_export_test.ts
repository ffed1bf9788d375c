/** Tests an export that is interrupted. */
import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "../../support/checkout.ts";
import { testOnLinux } from "../../support/shell.ts";
import { workspace } from "../../support/workspace.ts";

const module = pathToFileURL(join(root, "pipeline", "archive", "write_archive.ts")).href;

testOnLinux(
  "an interrupted export leaves no file, and ends with the signal's exit code",
  async () => {
    await using place = await workspace();
    const out = join(place.path, "out");
    const script = join(place.path, "export.ts");
    // The archive's one file never comes.
    await Deno.writeTextFile(
      script,
      `import { writeArchive } from "${module}";
     setInterval(() => {}, 1000);
     const open = () => {
       console.log("begun");
       return new Promise(() => {});
     };
     await writeArchive(${JSON.stringify(join(out, "run.zip"))}, [{ path: "a", size: 1, open }]);`,
    );
    for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
      const child = new Deno.Command("deno", {
        args: ["run", "-A", "--config", join(root, "deno.json"), script],
        stdin: "null",
        stdout: "piped",
        stderr: "null",
      }).spawn();
      const reader = child.stdout.getReader();
      await reader.read();
      assertEquals([...Deno.readDirSync(out)].length, 1, "it is being written");
      child.kill(signal);
      assertEquals((await child.status).code, code);
      assertEquals([...Deno.readDirSync(out)], []);
      await reader.cancel();
    }
  },
);
