/** The process that asks for the WebGPU adapter for another one: its reply is JSON. */
import { adapterHere } from "./adapter.ts";
import { writeBytes } from "../../terminal/print.ts";

writeBytes(new TextEncoder().encode(JSON.stringify(await adapterHere())));
Deno.exit();
