import { EventEmitter, once, setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { type AttemptLimits, DEFAULT_ATTEMPTS, decideAfterFailure } from './attempts.ts';
import { TASK_KINDS, type TaskHandlers, type TaskKind, type TaskQueue, type TaskReference } from './queue.ts';

export interface InProcessQueueOptions {
  readonly handlers: TaskHandlers;
  /** How many tasks of each kind run at once. No kind takes the place of another, so that a task can wait for its children. */
  readonly tasksAtOnce: Readonly<Record<TaskKind, number>>;
  /** How many tasks of a kind may be queued before `add` waits; default 100. */
  readonly bound?: number;
  /** Stops the queue: what is in hand is aborted, and `drain` rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  readonly limits?: AttemptLimits;
  /** Waits `delayMs`; rejects when the signal aborts. */
  readonly wait?: (delayMs: number, signal: AbortSignal) => Promise<unknown>;
  readonly random?: () => number;
}

export interface InProcessQueue extends TaskQueue {
  /**
   * Resolves when every task that was added, and every one that these added, is settled.
   * @throws what stopped the queue: the signal's reason, or the bug that a handler threw. What was not settled is left
   * in the database.
   */
  drain(): Promise<void>;
  /** Takes nothing more, aborts what is in hand, and resolves when that has ended. */
  close(): Promise<void>;
}

/** Runs tasks in this process. A task may add tasks of deeper kinds only: it waits while there is no room for theirs. */
export function createInProcessQueue(options: InProcessQueueOptions): InProcessQueue {
  return new BoundedQueue(options);
}

interface QueuedTask {
  readonly task: TaskReference;
  failures: number;
}

/** The tasks of one kind. */
interface KindTasks {
  readonly atOnce: number;
  readonly waiting: QueuedTask[];
  running: number;
  /** Waiting for another attempt; they fill the bound as the waiting ones do. */
  delayed: number;
}

class BoundedQueue implements InProcessQueue {
  readonly #handlers: TaskHandlers;
  readonly #kinds: ReadonlyMap<TaskKind, KindTasks>;
  readonly #bound: number;
  readonly #limits: AttemptLimits;
  readonly #wait: NonNullable<InProcessQueueOptions['wait']>;
  readonly #random: () => number;
  readonly #outstanding = new Set<string>();
  readonly #stop = new AbortController();
  /** `kind`: there may be room for tasks of that kind. `idle`: nothing runs. */
  readonly #events = new EventEmitter().setMaxListeners(0);
  readonly #detach: () => void;

  constructor(options: InProcessQueueOptions) {
    this.#handlers = options.handlers;
    this.#kinds = new Map(
      TASK_KINDS.map((kind) => [kind, { atOnce: options.tasksAtOnce[kind], waiting: [], running: 0, delayed: 0 }]),
    );
    this.#bound = options.bound ?? 100;
    this.#limits = options.limits ?? DEFAULT_ATTEMPTS;
    this.#wait = options.wait ?? ((delayMs, signal) => sleep(delayMs, undefined, { signal }));
    this.#random = options.random ?? Math.random;
    // Each request of a task listens to it.
    setMaxListeners(0, this.#stop.signal);
    this.#detach = this.#follow(options.signal);
  }

  async add(tasks: readonly TaskReference[], options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    this.#stop.signal.throwIfAborted();
    for (const task of tasks) this.#take(task);
    for (const kind of new Set(tasks.map((task) => task.kind)))
      await this.#untilRoom(this.#tasksOf(kind), kind, options);
  }

  async drain(): Promise<void> {
    while (!this.#isIdle()) await once(this.#events, 'idle');
    this.#detach();
    this.#stop.signal.throwIfAborted();
  }

  async close(): Promise<void> {
    this.#halt(new Error('the queue is closed'));
    while (!this.#isIdle()) await once(this.#events, 'idle');
    this.#detach();
  }

  #follow(signal: AbortSignal | undefined): () => void {
    const halt = () => this.#halt(signal?.reason);
    if (signal?.aborted) halt();
    signal?.addEventListener('abort', halt, { once: true });
    return () => signal?.removeEventListener('abort', halt);
  }

  #halt(reason: unknown): void {
    if (this.#stop.signal.aborted) return;
    this.#stop.abort(reason);
    for (const kind of TASK_KINDS) this.#events.emit(kind);
    this.#events.emit('idle');
  }

  #tasksOf(kind: TaskKind): KindTasks {
    const ofKind = this.#kinds.get(kind);
    if (!ofKind) throw new Error(`there are no tasks of kind ${kind}`);
    return ofKind;
  }

  #take(task: TaskReference): void {
    const id = idOf(task);
    if (this.#outstanding.has(id)) return;
    this.#outstanding.add(id);
    const ofKind = this.#tasksOf(task.kind);
    ofKind.waiting.push({ task, failures: 0 });
    this.#fill(ofKind);
  }

  async #untilRoom(ofKind: KindTasks, kind: TaskKind, options: { readonly signal?: AbortSignal }): Promise<void> {
    while (ofKind.waiting.length + ofKind.delayed >= this.#bound) {
      this.#stop.signal.throwIfAborted();
      await once(this.#events, kind, options);
    }
    this.#stop.signal.throwIfAborted();
  }

  #fill(ofKind: KindTasks): void {
    while (ofKind.running < ofKind.atOnce && !this.#stop.signal.aborted) {
      const next = ofKind.waiting.shift();
      if (!next) return;
      ofKind.running++;
      void this.#work(next, ofKind);
    }
  }

  /** One attempt, in the place that it took; never rejects. */
  async #work(queued: QueuedTask, ofKind: KindTasks): Promise<void> {
    try {
      await this.#attempt(queued, ofKind);
    } catch (error) {
      this.#halt(error);
    }
    ofKind.running--;
    this.#fill(ofKind);
    this.#events.emit(queued.task.kind);
    if (this.#isIdle()) this.#events.emit('idle');
  }

  /** @throws a bug of a handler, and whatever `giveUp` throws */
  async #attempt(queued: QueuedTask, ofKind: KindTasks): Promise<void> {
    const { task } = queued;
    try {
      await this.#handlers.run(task, { signal: this.#stop.signal });
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      const verdict = decideAfterFailure(error, queued.failures + 1, this.#limits, this.#random);
      if (verdict.kind === 'bug') throw error;
      if (verdict.kind === 'retry') {
        if (verdict.counted) queued.failures++;
        void this.#again(queued, ofKind, verdict.delayMs);
        return;
      }
      await this.#handlers.giveUp(task, error);
    }
    this.#outstanding.delete(idOf(task));
  }

  /** Puts a task back after its delay; never rejects. */
  async #again(queued: QueuedTask, ofKind: KindTasks, delayMs: number): Promise<void> {
    ofKind.delayed++;
    try {
      await this.#wait(delayMs, this.#stop.signal);
    } catch (error) {
      this.#halt(error);
    }
    ofKind.delayed--;
    ofKind.waiting.push(queued);
    this.#fill(ofKind);
  }

  /** Stopped queues are idle when no handler runs, others when no task is left. */
  #isIdle(): boolean {
    if (!this.#stop.signal.aborted) return this.#outstanding.size === 0;
    return [...this.#kinds.values()].every((ofKind) => ofKind.running === 0);
  }
}

function idOf(task: TaskReference): string {
  return `${task.auditId}/${task.key}`;
}
