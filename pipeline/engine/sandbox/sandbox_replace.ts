/** Puts a value in the place of a property, whatever it was, and leaves it to be replaced again. */
export const replace = (target: object, name: string, value: unknown): void =>
  void Object.defineProperty(target, name, { value, writable: true, configurable: true });
