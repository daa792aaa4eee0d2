/** The callbacks of each signal, called by one listener: adding a listener costs ten times as much as a set entry. */
const CALLBACKS = new WeakMap<AbortSignal, Set<() => void>>();

/** Calls back when the signal aborts; the returned function stops that. Made for many callbacks, one per request. */
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
 * Settles like the promise, or rejects with the signal's reason if it aborts first: the work behind the promise then
 * goes on, and its result is dropped.
 */
export function orAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const stopListening = onAbort(signal, () => reject(signal.reason));
    if (signal.aborted) reject(signal.reason);
    void promise.then(resolve, reject).then(stopListening);
  });
}

/**
 * Does work with a signal of its own, which follows `signal` and aborts when the work fails: calls that are under way
 * then end, because nobody waits for them any more.
 */
export async function endTogether<T>(
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  const stopFollowing = onAbort(signal, () => stop.abort(signal?.reason));
  if (signal?.aborted) stop.abort(signal.reason);
  try {
    return await work(stop.signal);
  } catch (error) {
    stop.abort(error);
    throw error;
  } finally {
    stopFollowing();
  }
}
