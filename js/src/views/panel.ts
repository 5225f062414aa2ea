/** What a panel is: a part of the page that comes in the second bundle and is drawn when it is first looked at. */
import type { Context } from "./context.ts";

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

/** What `panels.js` exports. It holds no state of its own: everything shared comes with the context. */
export interface PanelModule {
  readonly panels: readonly Panel[];
}
