/** A model without a kernel: the interface of anywidget's model over plain values, messages answered in the page. */
import type { Model, Traits } from "./model.ts";

export type Reply = { result: unknown; buffers: DataView[] };
type Callback = (...values: unknown[]) => void;

/**
 * Returns a model that holds `traits` and answers every message with `respond(op, args)`.
 *
 * `set` announces `change:name` when the value differs; `save_changes` has nothing to save.
 */
export function createStaticModel(traits: Traits, respond: (op: string, args: unknown) => Reply): Model {
  const values: Traits = { ...traits };
  const listeners = new Map<string, Set<Callback>>();

  function emit(event: string, ...details: unknown[]): void {
    for (const callback of [...(listeners.get(event) ?? [])]) callback(...details);
  }

  function send(content: { id?: unknown; op?: unknown; args?: unknown }): void {
    const { id, op, args } = content;
    if (typeof id !== "number" || typeof op !== "string" || op === "cancel") return;
    // Later, as a kernel would: a caller may not have kept its promise yet.
    setTimeout(() => {
      try {
        const { result, buffers } = respond(op, args);
        emit("msg:custom", { id, ok: true, result }, buffers);
      } catch (error) {
        emit("msg:custom", { id, ok: false, error: { type: "Error", message: String(error) } }, []);
      }
    }, 0);
  }

  const model = {
    get: (name: keyof Traits) => values[name],
    set(name: keyof Traits, value: unknown): void {
      if (Object.is(values[name], value)) return;
      (values as unknown as Record<string, unknown>)[name] = value;
      emit(`change:${name}`);
      emit("change");
    },
    save_changes(): void {},
    send,
    on(event: string, callback: Callback): void {
      const known = listeners.get(event) ?? new Set();
      listeners.set(event, known.add(callback));
    },
    off(event?: string | null, callback?: Callback | null): void {
      if (event && callback) listeners.get(event)?.delete(callback);
      else if (event) listeners.delete(event);
      else listeners.clear();
    },
  };
  return model as unknown as Model;
}
