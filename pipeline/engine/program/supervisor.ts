/**
 * Starts a program under a supervisor, a shell in a session of its own, that gives it a declared environment
 * and kills it with all that it started when it ends, takes too much, or loses its host. The host holds the
 * other end of the supervisor's standard input, so that the end of this process, however it comes, is seen.
 */
import { join } from "node:path";
import { withoutLoader } from "../machine/loader_variables.ts";
import { startTimer } from "../timer.ts";
import { assigned, inDeclaredEnvironment } from "./declared_environment.ts";
import { mark } from "./declared_program.ts";
import { ifThere } from "../../store/existence.ts";

/** Limits of one program with all that it starts. */
export interface Limits {
  /** MiB of main memory. */
  readonly memory: number;
  /** Wall time. */
  readonly minutes: number;
}

/** A program to start. */
interface Launch {
  readonly command: readonly string[];
  /** Its working directory. */
  readonly directory: string;
  /** A directory that the program does not work in, for the supervisor's word on how it ended. */
  readonly beside: string;
  /** Variables that it gets besides `PATH`. */
  readonly variables: Readonly<Record<string, string>>;
  /** Names of variables that it gets with the values which they have here. */
  readonly inherit: readonly string[];
  readonly limits?: Limits;
  /** Receives what it prints, standard output and standard error in one. */
  onText(text: string): void;
  /** Kills it when it fires. */
  readonly signal: AbortSignal;
}

type Ending =
  | { how: "exit"; code: number }
  | { how: "time" }
  /** `found`: MiB that it had when it was killed. */
  | { how: "memory"; found: number }
  /** The supervisor itself was killed. */
  | { how: "unknown" };

/**
 * The supervisor: `sh -c TEXT sh STATUS MEMORY MARK INHERIT PROGRAM…`. Writes to the file STATUS how the
 * program ended, then kills whatever is left of it, and itself.
 */
const supervisor = `
fanin_status=$1 fanin_memory=$2 fanin_marked=$3 fanin_inherit=$4 fanin_directory=$PWD
shift 4
ulimit -c 0
exec 3<&0 </dev/null 2>&1 4>&1
trap : HUP INT TERM

finish() {
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    left=$(left)
    [ -n "$left" ] || break
    kill -KILL $left
  done
  kill -KILL 0
}

with_mark() {
  grep -lsF "${mark}=$fanin_marked" /proc/[0-9]*/environ | tr -cs 0-9 ' '
}

left() {
  with_mark
  for one in /proc/[0-9]*; do
    if [ "$one/cwd" -ef "$fanin_directory" ] || [ "$one/fd/1" -ef /proc/$$/fd/4 ] ||
      [ "$one/fd/2" -ef /proc/$$/fd/4 ]; then
      echo "\${one#/proc/}"
    fi
  done
}

used() {
  if [ -r /proc/self/stat ]; then
    cat /proc/[0-9]*/stat | awk -v session=$$ -v page="$page" -v others="$(with_mark)" '
      BEGIN { split(others, ids); for (i in ids) counts[ids[i]] }
      { id = $1; sub(/^.*\\) /, ""); if ($4 == session || id in counts) pages += $22 }
      END { printf "%.0f\\n", pages * page / 1048576 }'
  else
    ps -A -o pgid= -o rss= | awk -v group=$$ '
      $1 == group { kibibytes += $2 }
      END { printf "%.0f\\n", kibibytes / 1024 }'
  fi
}

( ${inDeclaredEnvironment} ) 3<&- 4>&- &
program=$!
cd /
exec >/dev/null 2>&1

{
  while read -r _ <&3; do :; done
  kill -TERM "$program"
  sleep 1
  finish
} &
[ "$fanin_memory" = 0 ] || {
  page=$(getconf PAGESIZE)
  while sleep 0.2; do
    found=$(used)
    if [ "$found" -gt "$fanin_memory" ]; then
      echo "memory $found" >"$fanin_status"
      finish
    fi
  done
} 3<&- &
wait "$program"
code=$?
[ -e "$fanin_status" ] || echo "exit $code" >"$fanin_status"
finish
`;

/** Milliseconds that the rest of what a program printed may take to arrive after its end. */
const drain = 1000;

/** Runs a program to its end. Rejects with the signal's reason if it fires. */
export async function launch(
  { command, directory, beside, variables, inherit, limits, onText, signal }: Launch,
): Promise<Ending> {
  signal.throwIfAborted();
  const status = join(beside, "status");
  const marked = crypto.randomUUID();
  const named = assigned({ ...variables, [mark]: marked }, inherit);
  const child = new Deno.Command("sh", {
    args: [
      "-c",
      supervisor,
      "sh",
      status,
      String(limits?.memory ?? 0),
      marked,
      inherit.join(" "),
      ...named,
      ...command,
    ],
    cwd: directory,
    env: withoutLoader,
    detached: true,
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  let isOver = false;
  const cut = () => void child.stdin.close().catch(() => {});
  using _clock = limits && startTimer(limits.minutes * 60_000, () => {
    isOver = true;
    cut();
  });
  signal.addEventListener("abort", cut, { once: true });
  try {
    const gone = new AbortController();
    const printed = child.stdout.pipeThrough(new TextDecoderStream() as TransformStream)
      .pipeTo(new WritableStream({ write: onText }), { signal: gone.signal })
      .catch((error) => {
        if (!gone.signal.aborted) throw error;
      });
    await child.status;
    // A process that was missed may keep the pipe open.
    const rest = setTimeout(() => gone.abort(), drain);
    await printed;
    clearTimeout(rest);
  } finally {
    signal.removeEventListener("abort", cut);
    cut();
  }
  signal.throwIfAborted();
  return isOver ? { how: "time" } : endingIn(status);
}

function endingIn(status: string): Ending {
  const text = ifThere(() => Deno.readTextFileSync(status)) ?? "";
  const [, how, number] = /^(exit|memory) (\d+)$/m.exec(text) ?? [];
  if (how === "exit") return { how, code: Number(number) };
  return how === "memory" ? { how, found: Number(number) } : { how: "unknown" };
}
