/**
 * Says that nobody answers, before anything is asked for. A host tells a widget when its kernel restarts or dies; that a
 * kernel is busy nobody tells, so it is asked when a person comes to the page: not by the clock, which would keep a
 * kernel awake that its server puts to sleep, and never twice at a time.
 */
import { listen } from "../draw/dom.ts";
import type { Model } from "../host/model.ts";
import { onModel } from "../host/model.ts";
import { createRpc, isNotConnected } from "../host/rpc.ts";
import type { Context } from "../views/context.ts";

/** What ipywidgets calls a comm that opened or closed. */
const COMM_LIVE = "comm_live_update" as "msg:custom";

/** Who was heard or asked less than so many milliseconds ago is not asked: longer than an answer may take. */
const FRESH = 10_000;

export function watchConnection(model: Model, { make, root, stored, signal }: Context): void {
  if (stored) return;
  const note = make(
    "p.fl-connection",
    { role: "status", hidden: true },
    "Not connected to the kernel: it is busy or gone. Numbers and boxes stay readable. After a restart, run the cell again.",
  );
  root.prepend(note);
  // One of its own: it takes no place from a request that somebody waits for.
  const rpc = createRpc(model, signal);
  let last = -FRESH;
  const ask = () => {
    last = performance.now();
    rpc.request("ping", {}, signal).catch((error) => {
      note.hidden = !isNotConnected(error);
    });
  };
  // Whatever comes, also an answer that is late, says that somebody is there.
  const hear = () => {
    last = performance.now();
    note.hidden = true;
  };
  const look = () => performance.now() - last > FRESH && ask();
  onModel(model, "msg:custom", hear, signal);
  onModel(model, COMM_LIVE, ask, signal);
  listen(root, "pointerenter", look, signal);
  listen(root, "focusin", look, signal);
}
