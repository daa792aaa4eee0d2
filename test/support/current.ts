/**
 * Stands for a value that a hook opens, so that a suite can name it before it is there. Its members are those of the
 * value that was set last.
 */
export function currentOf<T extends object>(): { readonly current: T; set(value: T): void } {
  let opened: T | undefined;
  const current = new Proxy({} as T, {
    get(_, name) {
      if (!opened) throw new Error(`${String(name)} is used before the hook that opens it has run`);
      const member: unknown = Reflect.get(opened, name);
      return typeof member === 'function' ? member.bind(opened) : member;
    },
  });
  return {
    current,
    set(value) {
      opened = value;
    },
  };
}
