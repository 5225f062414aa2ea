import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { NotConnectedError } from "../../src/host/rpc.ts";
import { apIntervals } from "../../src/panels/intervals.ts";
import type { Context } from "../../src/views/context.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it("come once the kernel has time, and are not asked for by a page that is gone", async () => {
  const life = new AbortController();
  const ends = { low: [0.2], high: [0.4] };
  const answers = [null, null, { rounds: 200, done: 100, ap50: null, ap50_95: null }];
  const request = vi.fn(async () => {
    const result = answers.length > 0 ? answers.shift() : { rounds: 200, done: 200, ap50: ends, ap50_95: ends };
    if (!result) throw new NotConnectedError("the kernel does not answer");
    return { result, buffers: [] };
  });
  const changed = vi.fn();
  const context = { ledger: { head: { intervals: null } }, rpc: { request }, signal: life.signal };
  const found = apIntervals(context as unknown as Context, changed);
  await vi.advanceTimersByTimeAsync(1000);
  expect(found.words).toContain("does not answer");
  expect(found.of("ap50", 0)).toBeNull();
  await vi.advanceTimersByTimeAsync(20_000);
  expect(request).toHaveBeenCalledTimes(4);
  expect(found.of("ap50", 0)).toEqual([0.2, 0.4]);
  expect(found.words).toContain("200 resamples");

  answers.push(null);
  apIntervals(context as unknown as Context, changed);
  await vi.advanceTimersByTimeAsync(1000);
  life.abort();
  await vi.advanceTimersByTimeAsync(100_000);
  expect(request).toHaveBeenCalledTimes(5);
});
