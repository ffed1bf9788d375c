/** Replaces a property by a value, which can be replaced again. */
export const replace = (target: object, name: string, value: unknown): void =>
  void Object.defineProperty(target, name, { value, writable: true, configurable: true });
