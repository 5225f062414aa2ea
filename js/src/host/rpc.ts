/** Requests to Python over `msg:custom`: `{id, op, args}` is answered by `{id, ok, result | error}` and buffers. */
import { onAbort } from "./life.ts";
import { type Model, onModel } from "./model.ts";

export interface Answer {
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
/** A request that was cancelled frees its place after this many milliseconds, if no answer did so before. */
const GRACE = 250;
const IN_FLIGHT = 2;

export function aborted(): DOMException {
  return new DOMException("the request is no longer wanted", "AbortError");
}

export function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === "AbortError";
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

interface Waiting {
  start(): void;
  drop(): void;
}

/**
 * At most two requests are under way; of those that wait only the last is kept, so a burst of clicks never becomes a
 * queue of answers that nobody wants.
 */
class Queue implements Rpc {
  readonly #model: Model;
  readonly #signal: AbortSignal;
  readonly #timeLimit: number;
  /** Ends a request that is under way. */
  readonly #pending = new Map<number, Done>();
  #lastId = firstId();
  #waiting: Waiting | undefined;

  constructor(model: Model, signal: AbortSignal, timeLimit: number) {
    this.#model = model;
    this.#signal = signal;
    this.#timeLimit = timeLimit;
    onModel(model, "msg:custom", (content, buffers) => this.#hear(content, buffers ?? []), signal);
    onAbort(signal, () => this.#waiting?.drop());
  }

  request(op: string, args: unknown, own: AbortSignal): Promise<Answer> {
    const wanted = AbortSignal.any([own, this.#signal]);
    // Engines differ in when a joined signal turns: before or after the listeners of its sources.
    const unwanted = () => own.aborted || this.#signal.aborted;
    return new Promise((resolve, reject) => {
      const drop = () => reject(aborted());
      const done: Done = (answer) => (answer instanceof Error ? reject(answer) : resolve(answer));
      const start = () => (unwanted() ? drop() : this.#start(op, args, wanted, done));
      if (unwanted() || this.#pending.size < IN_FLIGHT) {
        start();
        return;
      }
      this.#waiting?.drop();
      this.#waiting = { start, drop };
      onAbort(wanted, drop);
    });
  }

  #hear(content: unknown, buffers: readonly DataView[]): void {
    if (!isReply(content)) return;
    const answer = content.ok
      ? { result: content.result, buffers }
      : new RemoteError(String(content.error?.message ?? "unknown error"));
    this.#pending.get(content.id)?.(answer);
  }

  #start(op: string, args: unknown, wanted: AbortSignal, done: Done): void {
    const id = ++this.#lastId;
    const over = new AbortController();
    const limit = (milliseconds: number, error: Error) => setTimeout(() => end(error), milliseconds);
    let timer = limit(this.#timeLimit, new NotConnectedError("the kernel does not answer"));
    const end: Done = (answer) => {
      clearTimeout(timer);
      over.abort();
      if (!this.#pending.delete(id)) return;
      done(answer);
      this.#next();
    };
    const cancel = () => {
      done(aborted());
      if (this.#signal.aborted) {
        end(aborted());
        return;
      }
      clearTimeout(timer);
      timer = limit(Math.min(GRACE, this.#timeLimit), aborted());
      trySend(this.#model, { id, op: "cancel" });
    };
    this.#pending.set(id, end);
    wanted.addEventListener("abort", cancel, { once: true, signal: over.signal });
    const failure = trySend(this.#model, { id, op, args });
    if (failure) end(failure);
  }

  #next(): void {
    const next = this.#waiting;
    this.#waiting = undefined;
    next?.start();
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
