import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createRpc, NotConnectedError, RemoteError, TIME_LIMIT } from "../../src/host/rpc.ts";
import { FakeModel } from "../fixtures/model.ts";

const forever = new AbortController().signal;

function start() {
  const model = new FakeModel();
  const life = new AbortController();
  const rpc = createRpc(model.model, life.signal);
  const request = (op = "pictures", signal: AbortSignal = forever) => {
    const outcome = { state: "open" as "open" | "done" | "failed", value: undefined as unknown };
    rpc.request(op, {}, signal).then(
      (value) => Object.assign(outcome, { state: "done", value }),
      (error) => Object.assign(outcome, { state: "failed", value: error }),
    );
    return outcome;
  };
  return { model, life, request };
}

describe("rpc", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });
  const flush = () => vi.advanceTimersByTimeAsync(0);

  it("answers each request with its own result and buffers", async () => {
    const { model, request } = start();
    const one = request();
    const two = request();
    const buffer = new DataView(new ArrayBuffer(2));
    model.answer(model.sent[1]?.id as number, "second");
    model.answer(model.sent[0]?.id as number, "first", [buffer]);
    await flush();
    expect(one.value).toEqual({ result: "first", buffers: [buffer] });
    expect(two.value).toEqual({ result: "second", buffers: [] });
  });

  it("keeps two requests under way and of the waiting ones only the last", async () => {
    const { model, request } = start();
    const outcomes = Array.from({ length: 50 }, () => request());
    expect(model.sent).toHaveLength(2);
    for (let turn = 0; turn < 4; turn++) {
      for (const { id } of model.sent.splice(0)) model.answer(id, turn);
      await flush();
    }
    expect(outcomes.slice(0, 2).map(({ state }) => state)).toEqual(["done", "done"]);
    expect(outcomes.slice(2, -1).every(({ state }) => state === "failed")).toBe(true);
    expect(outcomes.at(-1)?.state).toBe("done");
  });

  it("gives up after the time limit and then serves the next request", async () => {
    const { model, request } = start();
    const one = request();
    const two = request();
    const three = request();
    await vi.advanceTimersByTimeAsync(TIME_LIMIT - 1);
    expect(one.state).toBe("open");
    await vi.advanceTimersByTimeAsync(1);
    expect(one.value).toBeInstanceOf(NotConnectedError);
    expect(two.value).toBeInstanceOf(NotConnectedError);
    expect(three.value).toBeInstanceOf(NotConnectedError);
    const four = request();
    model.answer(model.sent.at(-1)?.id as number, "late");
    await flush();
    expect(four.value).toMatchObject({ result: "late" });
  });

  it("says at once that nobody is there when the comm is closed", async () => {
    const { model, request } = start();
    model.closed = true;
    const outcome = request();
    await flush();
    expect(outcome.value).toBeInstanceOf(NotConnectedError);
  });

  it("passes an error of Python on in its own words", async () => {
    const { model, request } = start();
    const outcome = request();
    model.emit(
      "msg:custom",
      { id: model.sent[0]?.id, ok: false, error: { type: "OSError", message: "disk is gone" } },
      [],
    );
    await flush();
    expect(outcome.value).toBeInstanceOf(RemoteError);
    expect((outcome.value as Error).message).toBe("disk is gone");
  });

  it("cancels: rejects at once, tells Python, and frees its place when that answers", async () => {
    const { model, request } = start();
    const stop = new AbortController();
    const one = request("pictures", stop.signal);
    request();
    const three = request();
    stop.abort();
    await flush();
    expect((one.value as Error).name).toBe("AbortError");
    expect(model.sent.at(-1)).toMatchObject({ op: "cancel", id: model.sent[0]?.id });
    expect(model.sent.filter(({ op }) => op === "pictures")).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(1000);
    expect(model.sent.filter(({ op }) => op === "pictures")).toHaveLength(2);
    model.answer(model.sent[0]?.id as number, "nobody wants it");
    expect(model.sent.filter(({ op }) => op === "pictures")).toHaveLength(3);
    model.answer(model.sent.at(-1)?.id as number, "third");
    await flush();
    expect(three.state).toBe("done");
  });

  it("never has more than two requests open, whatever is cancelled", async () => {
    const { model, request } = start();
    const open: number[] = [];
    let most = 0;
    for (let click = 0; click < 400; click++) {
      const stop = new AbortController();
      request("pictures", stop.signal);
      await vi.advanceTimersByTimeAsync(20);
      if (click % 3 > 0) stop.abort();
      open.push(...model.sent.splice(0).flatMap(({ id, op }) => (op === "pictures" ? id : [])));
      most = Math.max(most, open.length);
      if (click % 25 === 0) for (const id of open.splice(0)) model.answer(id, {});
    }
    expect(most).toBe(2);
  });

  it("keeps the place of one that was sent late for as long as the kernel may work on it", async () => {
    const { model, request } = start();
    request();
    request();
    const late = request();
    await vi.advanceTimersByTimeAsync(TIME_LIMIT - 100);
    model.answer(model.sent[0]?.id as number, "first");
    await vi.advanceTimersByTimeAsync(101); // the second and the late one are told that nobody answers
    expect(late.value).toBeInstanceOf(NotConnectedError);
    expect(model.sent).toHaveLength(3);
    request();
    request();
    expect(model.sent).toHaveLength(4);
    await vi.advanceTimersByTimeAsync(TIME_LIMIT - 102);
    expect(model.sent).toHaveLength(4);
    await vi.advanceTimersByTimeAsync(1);
    expect(model.sent).toHaveLength(5);
  });

  it("says in time that nobody answers, also to one that waits", async () => {
    const { request } = start();
    const stop = new AbortController();
    request("pictures", stop.signal);
    request();
    stop.abort();
    await vi.advanceTimersByTimeAsync(TIME_LIMIT / 2);
    const waiting = request();
    await vi.advanceTimersByTimeAsync(TIME_LIMIT - 1);
    expect(waiting.state).toBe("open");
    await vi.advanceTimersByTimeAsync(2);
    expect(waiting.value).toBeInstanceOf(NotConnectedError);
  });

  it("ignores what is no answer to it", async () => {
    const { model, request } = start();
    const outcome = request();
    for (const content of [null, 1, "x", {}, { id: "1", ok: true }, { id: -1, ok: true }])
      model.emit("msg:custom", content, []);
    await flush();
    expect(outcome.state).toBe("open");
  });

  it("does not take the answers of another view of the same model", async () => {
    const { model, life, request } = start();
    const other = createRpc(model.model, life.signal);
    const mine = request();
    void other.request("pictures", {}, forever).catch(() => undefined);
    expect(model.sent[0]?.id).not.toBe(model.sent[1]?.id);
    model.answer(model.sent[1]?.id as number, "for the other");
    await flush();
    expect(mine.state).toBe("open");
  });

  it("leaves nothing of a request on the view when it is over", async () => {
    const { model, life, request } = start();
    const added = vi.spyOn(life.signal, "addEventListener");
    const outcomes = Array.from({ length: 20 }, () => request());
    for (let turn = 0; turn < 2; turn++) {
      for (const { id } of model.sent.splice(0)) model.answer(id, turn);
      await flush();
    }
    expect(outcomes.every(({ state }) => state !== "open")).toBe(true);
    expect(added).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("leaves no listener and no timer behind", async () => {
    const { model, life, request } = start();
    const outcomes = [request(), request(), request()];
    life.abort();
    await flush();
    expect(outcomes.every(({ state }) => state === "failed")).toBe(true);
    expect(model.listening).toBe(0);
    await vi.advanceTimersByTimeAsync(300);
    expect(vi.getTimerCount()).toBe(0);
    expect(request().state).toBe("open");
    await flush();
    expect(model.sent.filter(({ op }) => op === "pictures")).toHaveLength(2);
  });
});
