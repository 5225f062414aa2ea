// The legend of the epoch charts, with the value of every series at one epoch. Names switch their lines off and on,
// what the curves do stands below in words, and the keyboard steps through the epochs.
// Every text goes through textContent: series names come from strangers' logs.

const SVG = "http://www.w3.org/2000/svg";
const DASHES = { solid: "", dashed: "5 3", dotted: "1 3", dash_dotted: "6 2 1 2" };
const STEPS = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, Home: "first", End: "last", Escape: "clear" };

function swatch(color, style) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("width", "22");
  svg.setAttribute("height", "8");
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(SVG, "line");
  for (const [name, value] of [["x1", 1], ["x2", 21], ["y1", 4], ["y2", 4], ["stroke-width", 2.5]]) {
    line.setAttribute(name, String(value));
  }
  line.setAttribute("stroke", color);
  line.setAttribute("stroke-dasharray", DASHES[style] ?? "");
  svg.append(line);
  return svg;
}

function make(tag, className, text = "") {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  if (tag === "button") element.type = "button";
  element.dataset.lmSuppressShortcuts = "true";
  return element;
}

// Pointer and keys on the figures around: bqplot does not say when the pointer leaves.
function watchFigures(model, el, signal) {
  let box = null;
  const inFigure = (node) => node instanceof Element && node.closest(".bqplot") !== null && box.contains(node);
  const out = (event) => {
    if (inFigure(event.target) && !inFigure(event.relatedTarget)) model.send({ left: true });
  };
  const find = () => {
    box = el.closest(".framelens-epoch-charts");
    if (!box) return;
    box.addEventListener("pointerout", out, { signal });
  };
  requestAnimationFrame(find);
}

// What a picture takes along, because the page's styles stay behind.
const STYLES = [
  "fill", "stroke", "stroke-width", "stroke-dasharray", "opacity", "fill-opacity", "stroke-opacity", "display",
  "visibility", "font-family", "font-size", "font-weight", "text-anchor", "shape-rendering",
];

function drawn(tag, attributes, text = "") {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.textContent = text;
  return element;
}

// A copy of a picture with its styles written into it.
function standalone(picture) {
  const copy = picture.cloneNode(true);
  const copies = [copy, ...copy.querySelectorAll("*")];
  [picture, ...picture.querySelectorAll("*")].forEach((element, at) => {
    const shown = getComputedStyle(element);
    for (const name of STYLES) copies[at].style.setProperty(name, shown.getPropertyValue(name));
  });
  return copy;
}

// The figures as they stand on the page, the names of their lines, and what they were made from.
function wholePicture(model, box, root) {
  const bounds = box.getBoundingClientRect();
  const style = getComputedStyle(root);
  const places = [...box.querySelectorAll(".bqplot svg")]
    .map((svg) => ({ svg, place: svg.getBoundingClientRect() }))
    .filter(({ place }) => place.width > 0 && place.height > 0);
  const top = Math.min(...places.map(({ place }) => place.top));
  const width = Math.ceil(bounds.width);
  let y = Math.ceil(Math.max(...places.map(({ place }) => place.bottom)) - top);
  const picture = drawn("svg", { "font-family": style.fontFamily, "font-size": 12 });
  const text = (x, words, size = 12) => picture.append(drawn("text", { x, y, fill: style.color, "font-size": size }, words));
  picture.setAttribute("xmlns", SVG);
  const ground = style.getPropertyValue("--jp-layout-color0").trim() || "#ffffff";
  const sheet = drawn("rect", { width, fill: ground });
  picture.append(sheet);
  for (const { svg, place } of places) {
    const copy = standalone(svg);
    const at = { x: place.left - bounds.left, y: place.top - top, width: place.width, height: place.height };
    for (const [name, value] of Object.entries(at)) copy.setAttribute(name, String(value));
    if (!copy.hasAttribute("viewBox")) copy.setAttribute("viewBox", `0 0 ${place.width} ${place.height}`);
    picture.append(copy);
  }
  const hidden = model.get("hidden");
  const rows = model.get("rows").filter((_row, index) => !hidden.includes(index));
  const columns = Math.max(1, Math.floor((width - 16) / 240));
  rows.forEach(({ label, color, style: dash }, at) => {
    if (at % columns === 0) y += 18;
    const x = 16 + 240 * (at % columns);
    const line = { x1: x, x2: x + 22, y1: y - 4, y2: y - 4, stroke: color, "stroke-width": 2.5 };
    picture.append(drawn("line", { ...line, "stroke-dasharray": DASHES[dash] ?? "" }));
    text(x + 28, label.length > 32 ? `${label.slice(0, 31)}…` : label);
  });
  y += 6;
  for (const line of model.get("stamp")) {
    y += 14;
    text(16, line, 10);
  }
  y += 12;
  sheet.setAttribute("height", String(y));
  for (const [name, value] of [["viewBox", `0 0 ${width} ${y}`], ["width", width], ["height", y]]) {
    picture.setAttribute(name, String(value));
  }
  return picture;
}

async function pixels(file, width, height) {
  const url = URL.createObjectURL(file);
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const sheet = document.createElement("canvas");
    [sheet.width, sheet.height] = [2 * width, 2 * height];
    sheet.getContext("2d").drawImage(image, 0, 0, sheet.width, sheet.height);
    return await new Promise((resolve) => sheet.toBlob(resolve, "image/png"));
  } finally {
    URL.revokeObjectURL(url);
  }
}

function download(name, file) {
  const url = URL.createObjectURL(file);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10_000); // the browser has taken the address over by then
}

// Numbers come from Python, which has them in full; pictures are made of what stands on the page.
function exportsView(model, root, signal) {
  const menu = make("details", "framelens-readout-export");
  const status = make("span", "framelens-readout-status");
  status.setAttribute("role", "status");
  let asked = false; // of several views of one model only the one that asked takes the file
  let waiting = 0;
  const save = async (kind) => {
    const box = root.closest(".framelens-epoch-charts");
    if (kind === "csv" || kind === "json") {
      status.textContent = "asking the kernel …";
      clearTimeout(waiting);
      waiting = setTimeout(() => {
        status.textContent = "not connected to the kernel";
      }, 4000);
      asked = true;
      model.send({ export: kind });
      return;
    }
    const picture = wholePicture(model, box, root);
    const file = new Blob([new XMLSerializer().serializeToString(picture)], { type: "image/svg+xml" });
    const { width, height } = picture.viewBox.baseVal;
    download(`epochs.${kind}`, kind === "svg" ? file : await pixels(file, width, height));
    status.textContent = "in your downloads";
  };
  const offers = { csv: "Table as CSV", json: "Numbers as JSON", svg: "Picture as SVG", png: "Picture as PNG" };
  const buttons = Object.entries(offers).map(([kind, words]) => {
    const button = make("button", "", words);
    button.dataset.export = kind;
    const go = () =>
      save(kind).catch((error) => {
        status.textContent = String(error);
      });
    button.addEventListener("click", go, { signal });
    return button;
  });
  const receive = (content, buffers) => {
    if (!asked || typeof content?.file !== "string" || !buffers?.[0]) return;
    asked = false;
    clearTimeout(waiting);
    download(content.file, new Blob([buffers[0]]));
    status.textContent = "in your downloads";
  };
  model.on("msg:custom", receive);
  signal.addEventListener("abort", () => model.off("msg:custom", receive), { once: true });
  menu.append(make("summary", "", "Export"), ...buttons, status);
  return menu;
}

function render({ model, el, signal: given }) {
  const life = new AbortController();
  const { signal } = life;
  given?.addEventListener("abort", () => life.abort(), { once: true, signal });
  const root = make("div", "framelens-readout");
  const heading = make("div", "framelens-readout-epoch");
  heading.tabIndex = 0;
  heading.setAttribute("role", "slider");
  heading.setAttribute("aria-label", "Epoch");
  const status = make("div", "framelens-readout-status");
  status.setAttribute("role", "status");
  const list = make("div", "framelens-readout-list");
  const notes = make("details", "framelens-readout-notes");
  let cells = [];
  root.append(heading, status, list, notes, exportsView(model, root, signal));
  el.append(root);

  function drawRows() {
    const hidden = model.get("hidden");
    const rows = model.get("rows");
    cells = rows.map(() => make("span", "framelens-readout-value"));
    const items = rows.map((row, index) => {
      const item = make("div", "framelens-readout-item");
      const name = make("button", "framelens-readout-name", row.label);
      name.title = row.label;
      name.prepend(swatch(row.color, row.style));
      name.setAttribute("aria-pressed", String(!hidden.includes(index)));
      const turn = () => {
        const known = model.get("hidden");
        model.set("hidden", known.includes(index) ? known.filter((at) => at !== index) : [...known, index]);
        model.save_changes();
      };
      name.addEventListener("click", turn, { signal });
      item.append(name, cells[index]);
      return item;
    });
    const at = [...list.querySelectorAll("button")].indexOf(document.activeElement);
    list.replaceChildren(...items);
    list.querySelectorAll("button")[at]?.focus();
    drawValues();
  }

  function drawValues() {
    heading.textContent = model.get("heading");
    heading.setAttribute("aria-valuenow", String(Number.parseInt(model.get("heading").replace(/\D+/, ""), 10) || 0));
    const values = model.get("values");
    cells.forEach((cell, index) => {
      cell.textContent = values[index] ?? "";
    });
    const spoken = model.get("rows").map((row, index) => `${row.label} ${values[index] ?? ""}`);
    heading.setAttribute("aria-valuetext", `${model.get("heading")}: ${spoken.join(", ")}`);
  }

  function drawNotes() {
    const found = model.get("notes");
    notes.hidden = found.length === 0;
    const summary = make("summary", "", `What the curves do (${found.length})`);
    const items = found.map(({ number, text, epoch, kind }) => {
      const item = make("li", "");
      item.dataset.kind = kind;
      const badge = make("span", "framelens-readout-number", number > 0 ? String(number) : "");
      const words = make("button", "framelens-readout-note", text);
      words.addEventListener("click", () => model.send({ epoch }), { signal });
      item.append(badge, words);
      return item;
    });
    const listed = make("ul", "");
    listed.append(...items);
    notes.replaceChildren(summary, listed);
  }

  function drawStatus() {
    status.textContent = model.get("status");
    status.hidden = status.textContent === "";
  }

  const step = (event) => {
    if (!Object.hasOwn(STEPS, event.key) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    model.send({ step: STEPS[event.key] });
  };
  heading.addEventListener("keydown", step, { signal });
  notes.open = true;
  const drawers = { rows: drawRows, hidden: drawRows, values: drawValues, heading: drawValues, notes: drawNotes, status: drawStatus };
  for (const [name, draw] of Object.entries(drawers)) {
    model.on(`change:${name}`, draw);
    signal.addEventListener("abort", () => model.off(`change:${name}`, draw), { once: true });
  }
  watchFigures(model, el, signal);
  drawRows();
  drawNotes();
  drawStatus();
  return () => life.abort();
}

export default { render };
