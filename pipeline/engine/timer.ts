/** Timers of any length: those of the runtime fire at once if they are given more than 24.8 days. */

/** Milliseconds of the longest timer of the runtime. */
export const longestTimer = 2 ** 31 - 1;

/** Calls `act` after so many milliseconds, unless it is disposed before. */
export function startTimer(milliseconds: number, act: () => void): Disposable {
  let timer: ReturnType<typeof setTimeout>;
  const wait = (left: number) => {
    const part = Math.min(left, longestTimer);
    timer = setTimeout(() => part < left ? wait(left - part) : act(), part);
  };
  wait(milliseconds);
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}
