/** Requests to Python over `msg:custom`: `{id, op, args}` is answered by `{id, ok, result | error}` and buffers. */
import { onAbort } from "./life.ts";
import { type Model, onModel } from "./model.ts";

interface Answer {
  readonly result: unknown;
  readonly buffers: readonly DataView[];
}

export interface Rpc {
  /** Rejects with `NotConnectedError`, `RemoteError`, or an `AbortError` when `signal` aborts. */
  request(op: string, args: unknown, signal: AbortSignal): Promise<Answer>;
}

/** Nobody answered within the time limit, or the host cannot send. */
export class NotConnectedError extends Error {
  override name = "NotConnectedError";
}

/** By name: each bundle has a class of its own, and the error may come from another. */
export function isNotConnected(error: unknown): boolean {
  return error instanceof Error && error.name === "NotConnectedError";
}

/** Python answered with an error. */
export class RemoteError extends Error {
  override name = "RemoteError";
}

export const TIME_LIMIT = 4000;
const IN_FLIGHT = 2;

const unanswered = () => new NotConnectedError("the kernel does not answer");

export function aborted(): DOMException {
  return new DOMException("the request is no longer wanted", "AbortError");
}

export function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === "AbortError";
}

/** What an error says, for the reader. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

type Reply =
  | { id: number; ok: true; result: unknown }
  | { id: number; ok: false; error: { type: string; message: string } };

function isReply(content: unknown): content is Reply {
  if (typeof content !== "object" || content === null) return false;
  const { id, ok } = content as { id?: unknown; ok?: unknown };
  return typeof id === "number" && typeof ok === "boolean";
}

type Done = (answer: Answer | Error) => void;

interface Job {
  readonly op: string;
  readonly args: unknown;
  /** Settles the promise; what comes after the first is not heard. */
  readonly done: Done;
  /** 0 until it is sent. */
  id: number;
  /** Runs from when it was made: whoever asked is told in time. */
  late?: ReturnType<typeof setTimeout>;
  /** Runs from when it was sent, also once it was cancelled: so long the kernel may still work on it. */
  free?: ReturnType<typeof setTimeout>;
}

function stopClocks({ late, free }: Job): void {
  clearTimeout(late);
  clearTimeout(free);
}

/**
 * At most two requests are under way; of those that wait only the last is kept, so a burst of clicks never becomes a
 * queue of answers that nobody wants. One that was cancelled is under way until it is answered: the kernel works on it.
 * Who waits for a request is told in time from the moment it was made; its place is free so long after it was sent.
 */
class Queue implements Rpc {
  readonly #model: Model;
  readonly #signal: AbortSignal;
  readonly #timeLimit: number;
  /** What is under way. */
  readonly #pending = new Map<number, Job>();
  #lastId = firstId();
  #waiting: Job | undefined;

  constructor(model: Model, signal: AbortSignal, timeLimit: number) {
    this.#model = model;
    this.#signal = signal;
    this.#timeLimit = timeLimit;
    onModel(model, "msg:custom", (content, buffers) => this.#hear(content, buffers ?? []), signal);
    // One listener for all: the signal of a view outlives thousands of requests.
    onAbort(signal, () => {
      for (const job of this.#pending.values()) stopClocks(job);
    });
  }

  request(op: string, args: unknown, own: AbortSignal): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const over = new AbortController();
      const done: Done = (answer) => {
        over.abort();
        if (answer instanceof Error) reject(answer);
        else resolve(answer);
      };
      const job: Job = { op, args, done, id: 0 };
      // Engines differ in when a joined signal turns: before or after the listeners of its sources.
      if (own.aborted || this.#signal.aborted) {
        done(aborted());
        return;
      }
      job.late = setTimeout(() => {
        if (this.#waiting === job) this.#waiting = undefined;
        done(unanswered());
      }, this.#timeLimit);
      AbortSignal.any([own, this.#signal]).addEventListener("abort", () => this.#cancel(job), {
        once: true,
        signal: over.signal,
      });
      if (this.#pending.size < IN_FLIGHT) {
        this.#send(job);
        return;
      }
      if (this.#waiting) this.#cancel(this.#waiting);
      this.#waiting = job;
    });
  }

  #hear(content: unknown, buffers: readonly DataView[]): void {
    if (!isReply(content)) return;
    const job = this.#pending.get(content.id);
    if (!job) return;
    const answer = content.ok
      ? { result: content.result, buffers }
      : new RemoteError(String(content.error?.message ?? "unknown error"));
    this.#end(job, answer);
  }

  #send(job: Job): void {
    job.id = ++this.#lastId;
    this.#pending.set(job.id, job);
    job.free = setTimeout(() => this.#end(job, unanswered()), this.#timeLimit);
    const failure = trySend(this.#model, { id: job.id, op: job.op, args: job.args });
    if (failure) this.#end(job, failure);
  }

  #cancel(job: Job): void {
    job.done(aborted());
    if (this.#waiting === job) {
      clearTimeout(job.late);
      this.#waiting = undefined;
    } else if (this.#pending.has(job.id) && !this.#signal.aborted) trySend(this.#model, { id: job.id, op: "cancel" });
  }

  #end(job: Job, answer: Answer | Error): void {
    stopClocks(job);
    job.done(answer);
    if (!this.#pending.delete(job.id)) return;
    const next = this.#waiting;
    this.#waiting = undefined;
    if (next) this.#send(next);
  }
}

export function createRpc(model: Model, signal: AbortSignal, timeLimit = TIME_LIMIT): Rpc {
  return new Queue(model, signal, timeLimit);
}

/** Two views of one model hear each other's answers, so each counts from its own random place. */
function firstId(): number {
  const [random = 0] = crypto.getRandomValues(new Uint32Array(1));
  return random * 2 ** 20;
}

/** Sends, and returns the reason where the host throws (a closed comm does). */
function trySend(model: Model, content: unknown): NotConnectedError | undefined {
  try {
    model.send(content);
    return undefined;
  } catch {
    return new NotConnectedError("the kernel is not connected");
  }
}
