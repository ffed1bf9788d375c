/** Memory that this process held at most, in bytes, as the kernel counted it; elsewhere that in use now. */
export function peakMemory(): number {
  try {
    const status = Deno.readTextFileSync("/proc/self/status");
    return 1024 * Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)![1]);
  } catch {
    return Deno.memoryUsage().rss;
  }
}
