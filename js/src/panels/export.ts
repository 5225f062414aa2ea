/** Every table can be taken away as CSV, JSON or text, every picture as SVG or PNG. Nothing leaves the page but a file. */

import { listen } from "../draw/dom.ts";
import { reasonOf } from "../host/rpc.ts";
import type { Context } from "../views/context.ts";
import { type Cell, cellText, csvBlob, download, fileName, jsonText, stampNow, type Table } from "./files.ts";
import { type Frame, framed, pngBlob, svgBlob } from "./picture-file.ts";

export interface Given {
  table?: (() => Table) | undefined;
  /** The picture that stands there now, null for none, and what belongs around it. */
  picture?: () => (Omit<Frame, "title"> & { readonly svg: SVGSVGElement }) | null;
}

/** Columns apart by tabs, as spreadsheets take them from the clipboard; what would steer the table is left out. */
export function tabbed({ columns, rows }: Table): string {
  const text = (cell: Cell) => cellText(cell).replace(/[\t\r\n]+/g, " ");
  return [columns, ...rows].map((row) => row.map(text).join("\t")).join("\n");
}

/** A menu of what can be taken away. */
export function exportMenu(context: Context, title: string, { table, picture }: Given): HTMLElement {
  const { document, make, signal } = context;
  const clipboard = document.defaultView?.navigator.clipboard;
  const status = make("span.fl-export-status", { role: "status" });
  const whole = () => {
    const found = picture?.();
    if (!found) throw new Error("there is no picture");
    return framed(context, found.svg, { title, ...found });
  };
  const save = (ending: string, content: Blob) => download(context, fileName(context, title, ending), content);
  const offers: readonly (readonly [kind: string, words: string, act: () => unknown])[] = [
    ...(table
      ? ([
          ["CSV", "Table as CSV", () => save("csv", csvBlob(context, table()))],
          [
            "JSON",
            "Table as JSON",
            () => save("json", new Blob([jsonText(stampNow(context), table())], { type: "application/json" })),
          ],
          ...(clipboard ? ([["copy", "Copy the table", () => clipboard.writeText(tabbed(table()))]] as const) : []),
        ] as const)
      : []),
    ...(picture
      ? ([
          ["SVG", "Picture as SVG", () => save("svg", svgBlob(whole()))],
          ["PNG", "Picture as PNG", async () => save("png", await pngBlob(context, whole()))],
          ...(clipboard && typeof ClipboardItem === "function"
            ? ([
                [
                  "copy-picture",
                  "Copy the picture",
                  () => clipboard.write([new ClipboardItem({ "image/png": pngBlob(context, whole()) })]),
                ],
              ] as const)
            : []),
        ] as const)
      : []),
  ];
  const menu = make("details.fl-exports");
  const summary = make("summary", { "aria-label": `Export ${title}` }, "Export");
  const close = () => {
    if (menu.matches(":focus-within")) summary.focus();
    menu.open = false;
  };
  const buttons = offers.map(([kind, words, act]) => {
    const button = make("button.fl-export", { "data-export": kind }, words);
    const run = async () => {
      try {
        await act();
        status.textContent = kind.startsWith("copy") ? "copied" : "in your downloads";
        close();
      } catch (error) {
        const reason = reasonOf(error);
        status.textContent = kind.startsWith("copy") ? `not copied: ${reason}` : reason;
      }
    };
    listen(button, "click", () => void run(), signal);
    return button;
  });
  menu.append(summary, make("div", {}, ...buttons));
  listen(
    menu,
    "keydown",
    (event) => {
      if (event.key !== "Escape" || !menu.open) return;
      event.stopPropagation();
      close();
    },
    signal,
  );
  listen(
    menu,
    "focusout",
    ({ relatedTarget }) => {
      if (relatedTarget && !menu.contains(relatedTarget as Node)) menu.open = false;
    },
    signal,
  );
  return make("div.fl-export-place", {}, status, menu);
}
