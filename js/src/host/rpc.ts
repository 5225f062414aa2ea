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

interface Pending {
  settle(answer: Answer | Error): void;
}

type Reply =
  | { id: number; ok: true; result: unknown }
  | { id: number; ok: false; error: { type: string; message: string } };

function isReply(content: unknown): content is Reply {
  if (typeof content !== "object" || content === null) return false;
  const { id, ok } = content as { id?: unknown; ok?: unknown };
  return typeof id === "number" && typeof ok === "boolean";
}

/**
 * At most two requests are under way; of those that wait only the last is kept, so a burst of clicks never becomes a
 * queue of answers that nobody wants.
 */
export function createRpc(model: Model, signal: AbortSignal, timeLimit = TIME_LIMIT): Rpc {
  const pending = new Map<number, Pending>();
  let lastId = firstId();
  let busy = 0;
  let waiting: { start(): void; drop(): void } | undefined;

  function release(): void {
    busy -= 1;
    const next = waiting;
    waiting = undefined;
    next?.start();
  }

  onModel(
    model,
    "msg:custom",
    (content, buffers) => {
      if (!isReply(content)) return;
      const error = content.ok ? undefined : new RemoteError(String(content.error?.message ?? "unknown error"));
      pending
        .get(content.id)
        ?.settle(error ?? { result: (content as { result: unknown }).result, buffers: buffers ?? [] });
    },
    signal,
  );

  function start(op: string, args: unknown, wanted: AbortSignal, done: (answer: Answer | Error) => void): void {
    const id = ++lastId;
    busy += 1;
    let timer = setTimeout(() => settle(new NotConnectedError("the kernel does not answer")), timeLimit);
    const over = new AbortController();
    function settle(answer: Answer | Error): void {
      clearTimeout(timer);
      over.abort();
      if (!pending.delete(id)) return;
      done(answer);
      release();
    }
    function cancel(): void {
      if (!pending.has(id)) return;
      done(aborted());
      clearTimeout(timer);
      if (signal.aborted) {
        settle(aborted());
        return;
      }
      timer = setTimeout(() => settle(aborted()), Math.min(GRACE, timeLimit));
      trySend(model, { id, op: "cancel" });
    }
    pending.set(id, { settle });
    wanted.addEventListener("abort", cancel, { once: true, signal: over.signal });
    const failure = trySend(model, { id, op, args });
    if (failure) settle(failure);
  }

  function request(op: string, args: unknown, own: AbortSignal): Promise<Answer> {
    const wanted = AbortSignal.any([own, signal]);
    // Engines differ in when a joined signal turns: before or after the listeners of its sources.
    const unwanted = () => own.aborted || signal.aborted;
    return new Promise((resolve, reject) => {
      const done = (answer: Answer | Error) => (answer instanceof Error ? reject(answer) : resolve(answer));
      if (unwanted()) {
        reject(aborted());
        return;
      }
      if (busy < IN_FLIGHT) {
        start(op, args, wanted, done);
        return;
      }
      waiting?.drop();
      const entry = {
        start: () => (unwanted() ? reject(aborted()) : start(op, args, wanted, done)),
        drop: () => reject(aborted()),
      };
      waiting = entry;
      onAbort(wanted, () => reject(aborted()));
    });
  }

  onAbort(signal, () => waiting?.drop());
  return { request };
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
