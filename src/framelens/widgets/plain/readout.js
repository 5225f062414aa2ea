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
  root.append(heading, status, list, notes);
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
