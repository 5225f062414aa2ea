import type { Html } from "../draw/dom.ts";
import type { Stored } from "../host/model.ts";
import type { Pictures } from "../host/pictures.ts";
import type { Rpc } from "../host/rpc.ts";
import type { Ledger } from "../ledger/decode.ts";
import type { Head, Recount } from "../ledger/schema.ts";
import type { LoadPanels } from "./panel.ts";
import type { Store } from "./store.ts";

/** What every view is given. */
export interface Context {
  readonly document: Document;
  /** The element that everything stands in. */
  readonly root: HTMLElement;
  readonly make: Html;
  readonly ledger: Ledger;
  readonly store: Store;
  readonly pictures: Pictures;
  /** Requests to Python; a page without a kernel answers those it can. */
  readonly rpc: Rpc;
  /** Which pictures an offline page holds; undefined with a kernel. */
  readonly stored: Stored | undefined;
  /** Gets the second bundle. */
  readonly load: LoadPanels;
  /** Takes more detections into the ledger, see `extend` in `ledger/decode.ts`. */
  readonly extend: (columns: Head["columns"], recount: Recount, data: DataView) => void;
  readonly signal: AbortSignal;
}

/** The ledger with the matrix and the point that are shown now: rows of examples mean something only beside their own matrix. */
export function shownLedger({ ledger, store }: Pick<Context, "ledger" | "store">): Ledger {
  const { confusion, point } = store.state;
  if (confusion === ledger.confusion) return ledger;
  const { head } = ledger;
  return { ...ledger, confusion, head: { ...head, operating_point: { ...head.operating_point, ...point } } };
}
