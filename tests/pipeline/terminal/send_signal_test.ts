/** Tests signals to processes that live and to those that have ended. */
import { assertEquals } from "@std/assert";
import { sendSignal } from "../../../pipeline/terminal/send_signal.ts";
import { testOnLinux } from "../../support/shell.ts";

testOnLinux(
  "a process is signalled while it lives, and after its end nothing happens",
  async () => {
    const start = (command: string) => new Deno.Command("sh", { args: ["-c", command] }).spawn();
    const living = start("exec sleep 60");
    sendSignal(living, "SIGTERM");
    assertEquals((await living.status).signal, "SIGTERM");
    const ended = start("exit 3");
    assertEquals((await ended.status).code, 3);
    for (const process of [living, ended]) sendSignal(process, "SIGTERM");
  },
);
