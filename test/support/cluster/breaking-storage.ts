import type { Storage } from '../../../connectors/files/storage.ts';

class Break extends Error {}
/** For `catch`: true for what `breaking` throws; the rest is thrown on. */
export const isBreak = (thrown: unknown): boolean => {
  if (thrown instanceof Break) return true;
  throw thrown;
};

/** After so many changes the process is gone. */
export function breaking(storage: Storage, calls: number): Storage {
  let left = calls;
  const changes = new Set(['put', 'putIfAbsent', 'delete', 'publish', 'discard']);
  return new Proxy(storage, {
    get: (target, name: keyof Storage) => {
      const member = target[name];
      if (typeof member !== 'function') return member;
      return (...args: never[]) => {
        if (changes.has(name) && left-- <= 0) return Promise.reject(new Break());
        return (member as (...all: never[]) => unknown).apply(target, args);
      };
    },
  });
}
