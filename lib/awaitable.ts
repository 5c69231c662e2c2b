/**
 * Values that are usually there at once. A promise costs as much as parsing a small request does, so
 * where requests pass it is made only if something is really waited for.
 *
 * @module
 */

/** A value, or a promise of it. */
export type Awaitable<T> = T | Promise<T>;

/** Goes on with a value: at once if it is there. Throws, or rejects, as `next` does. */
export function andThen<T, U>(
  value: Awaitable<T>,
  next: (value: T) => Awaitable<U>,
): Awaitable<U> {
  return value instanceof Promise ? value.then(next) : next(value);
}
