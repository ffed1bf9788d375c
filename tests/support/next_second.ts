/** Waits until the next second has begun: a file's ctime of this one says nothing for certain about it. */
export const nextSecond = (): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, 1010 - Date.now() % 1000));
