import { EventEmitter, once, setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { type AttemptLimits, DEFAULT_ATTEMPTS, decideAfterFailure } from './attempts.ts';
import { TASK_KINDS, type TaskHandlers, type TaskKind, type TaskQueue, type TaskReference } from './queue.ts';

export interface InProcessQueueOptions {
  readonly handlers: TaskHandlers;
  /** How many tasks of each kind run at once. Kinds do not share places, so that a task can wait for its children. */
  readonly tasksAtOnce: Readonly<Record<TaskKind, number>>;
  /** How many tasks of a kind may be queued before `add` waits; default 100. */
  readonly bound?: number;
  /** Stops the queue: running tasks are aborted, and `drain` rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  readonly limits?: AttemptLimits;
  /** Waits `delayMs`; rejects when the signal aborts. */
  readonly wait?: (delayMs: number, signal: AbortSignal) => Promise<unknown>;
  readonly random?: () => number;
}

const DEFAULTS = {
  bound: 100,
  limits: DEFAULT_ATTEMPTS,
  wait: (delayMs: number, signal: AbortSignal): Promise<unknown> => sleep(delayMs, undefined, { signal }),
  random: Math.random,
};

interface QueuedTask {
  readonly task: TaskReference;
  failures: number;
  /** Whether it was added again since its last attempt began. */
  isAddedAgain: boolean;
}

/** The tasks of one kind. */
interface KindTasks {
  readonly atOnce: number;
  readonly waiting: QueuedTask[];
  running: number;
  /** How many wait for another attempt. They count towards the bound like the waiting ones. */
  delayed: number;
}

/**
 * A queue that runs tasks in this process. A task may add only tasks of kinds deeper in the tree: while it waits for
 * room it keeps its own place.
 */
export class InProcessQueue implements TaskQueue {
  readonly #options: InProcessQueueOptions & typeof DEFAULTS;
  readonly #kinds: ReadonlyMap<TaskKind, KindTasks>;
  readonly #outstanding = new Map<string, QueuedTask>();
  readonly #stop = new AbortController();
  /** An event named after a kind: there may be room for its tasks. `idle`: `#isIdle` may have become true. */
  readonly #events = new EventEmitter().setMaxListeners(0);
  /** Aborts when the queue stops: by the caller, or by {@link #stop}. */
  readonly #signal: AbortSignal;

  constructor(options: InProcessQueueOptions) {
    this.#options = { ...DEFAULTS, ...options };
    this.#kinds = new Map(
      TASK_KINDS.map((kind) => [kind, { atOnce: options.tasksAtOnce[kind], waiting: [], running: 0, delayed: 0 }]),
    );
    this.#signal = AbortSignal.any([this.#stop.signal, ...(options.signal ? [options.signal] : [])]);
    // Every request of a task adds a listener.
    setMaxListeners(0, this.#signal);
    this.#signal.addEventListener('abort', () => {
      for (const event of [...TASK_KINDS, 'idle']) this.#events.emit(event);
    });
  }

  /**
   * A task that waits already is not added again. One that runs is done once more after that: it may have settled its row
   * before this one was written, as when a listing that is resumed makes the batch that is being read.
   */
  async add(tasks: readonly TaskReference[]): Promise<void> {
    for (const task of tasks) this.#take(task);
    for (const kind of new Set(tasks.map((task) => task.kind))) await this.#untilRoom(this.#tasksOf(kind), kind);
  }

  /**
   * Resolves when all added tasks are settled, including those that tasks added. More may be added then.
   * @throws what stopped the queue: the signal's reason, or an unexpected error of a handler. Unsettled tasks stay in
   * the database.
   */
  async drain(): Promise<void> {
    while (!this.#isIdle()) await once(this.#events, 'idle');
    this.#signal.throwIfAborted();
  }

  /** Accepts no more tasks, aborts the running ones, and resolves when these have ended. */
  async close(): Promise<void> {
    this.#stop.abort(new Error('the queue is closed'));
    while (!this.#isIdle()) await once(this.#events, 'idle');
  }

  #tasksOf(kind: TaskKind): KindTasks {
    const tasks = this.#kinds.get(kind);
    if (!tasks) throw new Error(`there are no tasks of kind ${kind}`);
    return tasks;
  }

  #take(task: TaskReference): void {
    const id = idOf(task);
    const known = this.#outstanding.get(id);
    if (known) known.isAddedAgain = true;
    else this.#enqueue({ task, failures: 0, isAddedAgain: false });
  }

  #enqueue(queued: QueuedTask): void {
    this.#outstanding.set(idOf(queued.task), queued);
    const tasks = this.#tasksOf(queued.task.kind);
    tasks.waiting.push(queued);
    this.#fill(tasks);
  }

  async #untilRoom(tasks: KindTasks, kind: TaskKind): Promise<void> {
    this.#signal.throwIfAborted();
    while (tasks.waiting.length + tasks.delayed >= this.#options.bound) {
      await once(this.#events, kind);
      this.#signal.throwIfAborted();
    }
  }

  #fill(tasks: KindTasks): void {
    while (tasks.running < tasks.atOnce && !this.#signal.aborted) {
      const next = tasks.waiting.shift();
      if (!next) return;
      tasks.running++;
      void this.#work(next, tasks);
    }
  }

  /** Makes one attempt, then frees its place. Never rejects. */
  async #work(queued: QueuedTask, tasks: KindTasks): Promise<void> {
    try {
      await this.#attempt(queued, tasks);
    } catch (error) {
      this.#stop.abort(error);
    }
    tasks.running--;
    this.#fill(tasks);
    this.#events.emit(queued.task.kind);
    if (this.#isIdle()) this.#events.emit('idle');
  }

  /** @throws an unexpected error of a handler, and any error of `giveUp` */
  async #attempt(queued: QueuedTask, tasks: KindTasks): Promise<void> {
    const { task } = queued;
    const { handlers, limits, random } = this.#options;
    queued.isAddedAgain = false;
    try {
      await handlers.run(task, { signal: this.#signal });
    } catch (error) {
      if (this.#signal.aborted) return;
      const verdict = decideAfterFailure(error, queued.failures + 1, limits, random);
      if (verdict.kind === 'bug') throw error;
      if (verdict.kind === 'retry') {
        if (verdict.counted) queued.failures++;
        void this.#again(queued, tasks, verdict.delayMs);
        return;
      }
      await handlers.giveUp(task, error);
    }
    if (queued.isAddedAgain) this.#enqueue({ task, failures: 0, isAddedAgain: false });
    else this.#outstanding.delete(idOf(task));
  }

  /** Queues a task again after a delay. Never rejects. */
  async #again(queued: QueuedTask, tasks: KindTasks, delayMs: number): Promise<void> {
    tasks.delayed++;
    await this.#options.wait(delayMs, this.#signal).catch(() => undefined);
    tasks.delayed--;
    tasks.waiting.push(queued);
    this.#fill(tasks);
  }

  /** A stopped queue is idle when no handler runs, a running one when no task is left. */
  #isIdle(): boolean {
    if (!this.#signal.aborted) return this.#outstanding.size === 0;
    return [...this.#kinds.values()].every((tasks) => tasks.running === 0);
  }
}

function idOf(task: TaskReference): string {
  return `${task.auditId}/${task.key}`;
}
