/** What the second bundle brings: panels, and the parts of matrix and gallery that nobody needs at first sight. */
import type { Model } from "../host/model.ts";
import type { Context } from "./context.ts";

/** A part of the page that is drawn when it is first looked at. */
export interface Panel {
  /** Also the value of the trait `view` that shows this panel alone. */
  readonly id: string;
  /** Words on its tab. */
  readonly title: string;
  /** Whether the payload holds anything for it; a panel that has nothing gets no tab. */
  has(context: Context): boolean;
  /** Makes the element once and keeps it in step with the store until the signal of the context aborts. */
  view(context: Context): HTMLElement;
}

export interface Extras {
  /** The boxes behind the chosen cells, or those that a panel picked. */
  galleryView(context: Context): HTMLElement;
  /** Which classes stand alone, what is folded, the pairs that are confused most: stands above the matrix. */
  matrixTools(context: Context): HTMLElement;
  /** A tab for each panel. */
  tabsView(context: Context, panels: readonly Panel[]): HTMLElement;
  /** All keys; makes the dialog and puts it on the page. */
  helpDialog(context: Context): HTMLDialogElement;
  /** Where the bands of one card are set; makes the dialog and puts it on the page. */
  bandDialog(context: Context, card: string): HTMLDialogElement;
  /** The sliders; null where nothing can be counted anew. */
  thresholds(context: Context): HTMLElement | null;
  /** What stands on paper alone. */
  paper(context: Context): HTMLElement;
  /** Lets the store count the boxes anew, where the sliders and the traits say. */
  startCounting(model: Model, context: Context): void;
  /** Says in `element` which epoch of the run the matrix shows. */
  showEpochStatus(context: Context, element: HTMLElement): void;
}

/** What the second bundle brings. It holds no state of its own: everything shared comes with the context. */
export interface PanelModule {
  readonly panels: readonly Panel[];
  /** Absent in a bundle whose panels have a gallery of their own. */
  readonly extras?: Extras;
}

/** What `panels.js` exports: it gets the functions that it shares with the first bundle (`host/lent.ts`). */
export type StartPanels = (lent: readonly unknown[]) => PanelModule;

/** Gets the second bundle; always the same one. */
export type LoadPanels = () => Promise<PanelModule>;
