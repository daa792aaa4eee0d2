/** What is to be called of each signal. One listener calls all: adding one to a signal costs ten times an entry in a set. */
const CALLBACKS = new WeakMap<AbortSignal, Set<() => void>>();

/** Calls back when the signal aborts; the result stops listening. Many may listen at a time, one a request under way. */
export function onAbort(signal: AbortSignal | undefined, callback: () => void): () => void {
  if (!signal) return () => undefined;
  const callbacks = CALLBACKS.get(signal) ?? listen(signal);
  const call = () => callback();
  callbacks.add(call);
  return () => callbacks.delete(call);
}

function listen(signal: AbortSignal): Set<() => void> {
  const callbacks = new Set<() => void>();
  CALLBACKS.set(signal, callbacks);
  const callAll = () => {
    for (const call of callbacks) call();
    callbacks.clear();
  };
  signal.addEventListener('abort', callAll, { once: true });
  return callbacks;
}

/**
 * The promise's own end, or the signal's reason when that comes first; the work behind the promise goes on, and how it
 * ends concerns nobody then.
 */
export function orAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const stopListening = onAbort(signal, () => reject(signal.reason));
    if (signal.aborted) reject(signal.reason);
    promise.then(resolve, reject).finally(stopListening);
  });
}
