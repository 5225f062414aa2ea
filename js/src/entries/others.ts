/**
 * Draws the saved widgets of other packages in an exported notebook, with no kernel and no network. Built to
 * `static/others.js`.
 *
 * The page holds, before this script:
 *
 *   <script type="application/json" id="framelens-others">        {model id: {model_name, model_module, state, buffers}}
 *   <script type="text/plain" class="framelens-library" data-names="a b">   base64 of the gzip of an AMD module
 *
 * and, where a widget stands, <div class="framelens-other" data-model="ID">. The libraries are those that the Python
 * packages install for the classic notebook (`share/jupyter/nbextensions`): nothing is fetched and nothing is shipped
 * twice. Their base classes come with `widgetsnbextension`, which wants a classic notebook around it; here it finds
 * as much of one as it asks for.
 */
import { bytesFromBase64, gunzip } from "../host/bytes.ts";

interface Saved {
  readonly model_name: string;
  readonly model_module: string;
  readonly state: Record<string, unknown>;
  readonly buffers?: readonly { readonly path: readonly (string | number)[]; readonly data: string }[];
}

// biome-ignore lint/suspicious/noExplicitAny: modules of other packages, whose types are not here
type Foreign = any;
type Factory = (...parts: unknown[]) => unknown;

const modules = new Map<string, unknown>();
let defined: { readonly needs: readonly string[]; readonly factory: Factory } | undefined;

function define(...parts: unknown[]): void {
  const factory = parts.at(-1);
  const needs = parts.find(Array.isArray) ?? [];
  defined = { needs, factory: typeof factory === "function" ? (factory as Factory) : () => factory };
}

function provide(name: string): unknown {
  if (name === "module") return { id: "framelens-others", uri: "" };
  if (!modules.has(name)) throw new Error(`the library "${name}" is not in this page`);
  return modules.get(name);
}

/** As much of the classic notebook as the base library asks for when it is loaded. */
function standIn(view: Foreign): void {
  const nothing = () => undefined;
  const fake = { notebook: { container: { on: nothing } }, WidgetManager: { _managers: [] }, version: "6.5.0" };
  const output = { OutputArea: class {} as Foreign };
  output.OutputArea.prototype.register_mime_type = nothing;
  const known: Record<string, unknown> = {
    "base/js/namespace": fake,
    "base/js/events": { on: nothing },
    "notebook/js/outputarea": output,
  };
  const requirejs = (names: readonly string[], ready?: Factory) => {
    if (names.every((name) => name in known) && names.length > 1) ready?.(...names.map((name) => known[name]));
  };
  view.Jupyter = fake;
  view.requirejs = Object.assign(requirejs, { config: nothing });
  view.define = Object.assign(define, { amd: {} });
}

async function loadLibrary(document: Document, element: HTMLElement): Promise<void> {
  const bytes = await gunzip(bytesFromBase64((element.textContent ?? "").trim()));
  const url = URL.createObjectURL(new Blob([bytes], { type: "text/javascript" }));
  defined = undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      const script = document.createElement("script");
      script.addEventListener("load", () => resolve(), { once: true });
      script.addEventListener("error", () => reject(new Error("a library could not be read")), { once: true });
      script.src = url;
      document.head.append(script);
    });
  } finally {
    URL.revokeObjectURL(url);
  }
  const found = defined as { needs: readonly string[]; factory: Factory } | undefined;
  if (!found) return;
  const module = found.factory(...found.needs.map(provide));
  for (const name of (element.dataset.names ?? "").split(" ")) modules.set(name, module);
}

function withBuffers({ state, buffers = [] }: Saved): Record<string, unknown> {
  const copy = structuredClone(state);
  for (const { path, data } of buffers) {
    let place: Foreign = copy;
    for (const part of path.slice(0, -1)) place = place?.[part];
    const last = path.at(-1);
    if (place && last !== undefined) place[last] = new DataView(bytesFromBase64(data).buffer);
  }
  return copy;
}

const COLOURS = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, "g");
const joined = (text: unknown) => (Array.isArray(text) ? text.join("") : String(text ?? "")).replace(COLOURS, "");

/** What an output widget held: pictures and text. Its own view wants a whole notebook around it. */
function outputView(document: Document, { data, text, traceback }: Record<string, Foreign>): HTMLElement {
  if (typeof data?.["image/png"] === "string") {
    const picture = document.createElement("img");
    picture.src = `data:image/png;base64,${data["image/png"]}`;
    picture.alt = joined(data["text/plain"]);
    return picture;
  }
  const words = document.createElement("pre");
  words.textContent = Array.isArray(traceback) ? joined(traceback.join("\n")) : joined(text ?? data?.["text/plain"]);
  return words;
}

/** The part of a widget manager that models and views ask for; there is no kernel behind it. */
class Manager {
  readonly #saved: Record<string, Saved>;
  readonly #models = new Map<string, Promise<Foreign>>();

  constructor(saved: Record<string, Saved>) {
    this.#saved = saved;
  }

  loadClass = async (name: string, module: string): Promise<Foreign> => {
    const found = (provide(module) as Foreign)[name];
    if (!found) throw new Error(`"${module}" has no "${name}"`);
    return found;
  };

  get_model = (id: string): Promise<Foreign> => {
    const known = this.#models.get(id) ?? this.#make(id);
    this.#models.set(id, known);
    return known;
  };

  has_model = (id: string): boolean => id in this.#saved;

  async #make(id: string): Promise<Foreign> {
    const saved = this.#saved[id];
    if (!saved) throw new Error(`widget ${id} was not saved`);
    const Model = await this.loadClass(saved.model_name, saved.model_module);
    const state = await Model._deserialize_state(withBuffers(saved), this);
    const model = new Model(state, { model_id: id, widget_manager: this, comm: undefined });
    model.name = saved.model_name;
    model.module = saved.model_module;
    model.state_change ??= Promise.resolve();
    return model;
  }

  create_view = async (model: Foreign, options: Foreign = {}): Promise<Foreign> => {
    const holdsOutput = model.get("_view_name") === "OutputView";
    const [name, module] = holdsOutput
      ? ["DOMWidgetView", "@jupyter-widgets/base"]
      : [model.get("_view_name"), model.get("_view_module")];
    const View = await this.loadClass(name, module);
    const view = new View({ model, options });
    view.listenTo(model, "destroy", view.remove);
    await view.render();
    const { el } = view as { el: HTMLElement };
    if (holdsOutput) for (const one of model.get("outputs")) el.append(outputView(el.ownerDocument, one));
    return view;
  };

  /** The base library takes over what it is told of a view; there is nobody to tell. */
  callbacks = () => ({});
  resolveUrl = async (url: string) => url;
  inline_sanitize = (text: string) => text.replace(/[&<>"]/g, (mark) => `&#${mark.charCodeAt(0)};`);
  display_view = async (view: Foreign) => view;
}

async function draw(manager: Manager, place: HTMLElement): Promise<void> {
  try {
    const view = await manager.create_view(await manager.get_model(place.dataset.model ?? ""));
    const widget = view.luminoWidget ?? view.pWidget;
    widget.constructor.attach(widget, place);
    place.dataset.state = "ready";
  } catch (error) {
    place.dataset.state = "error";
    place.textContent = `this widget cannot be drawn here: ${error instanceof Error ? error.message : String(error)}`;
  }
}

async function start(document: Document): Promise<void> {
  const places = [...document.querySelectorAll<HTMLElement>(".framelens-other")];
  const text = document.getElementById("framelens-others")?.textContent;
  if (!text || places.length === 0) return;
  standIn(document.defaultView);
  try {
    for (const library of document.querySelectorAll<HTMLElement>(".framelens-library")) {
      await loadLibrary(document, library);
    }
    const base = modules.get("@jupyter-widgets/base") as Foreign;
    await base?.load_ipython_extension?.();
  } catch (error) {
    console.error("framelens:", error);
  }
  const manager = new Manager(JSON.parse(text) as Record<string, Saved>);
  for (const place of places) await draw(manager, place);
}

document.addEventListener("DOMContentLoaded", () => void start(document), { once: true });
