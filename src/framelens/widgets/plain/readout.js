// The legend of the epoch charts, with the value of every series at one epoch.
// Every text goes through textContent: series names come from strangers' logs.

const SVG = "http://www.w3.org/2000/svg";

function swatch(color, dashed) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("width", "22");
  svg.setAttribute("height", "8");
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(SVG, "line");
  for (const [name, value] of [["x1", 1], ["x2", 21], ["y1", 4], ["y2", 4], ["stroke-width", 2.5]]) {
    line.setAttribute(name, String(value));
  }
  line.setAttribute("stroke", color);
  if (dashed) line.setAttribute("stroke-dasharray", "5 3");
  svg.append(line);
  return svg;
}

function text(tag, className, value) {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = value;
  return element;
}

function render({ model, el, signal }) {
  const root = document.createElement("div");
  root.className = "framelens-readout";
  root.dataset.lmSuppressShortcuts = "true";
  const heading = text("div", "framelens-readout-epoch", "");
  const list = text("div", "framelens-readout-list", "");
  const cells = [];
  root.append(heading, list);
  el.append(root);

  function drawRows() {
    cells.length = 0;
    list.replaceChildren(
      ...model.get("rows").map((row) => {
        const item = text("div", "framelens-readout-item", "");
        const name = text("span", "framelens-readout-name", row.label);
        name.title = row.label;
        name.prepend(swatch(row.color, row.dashed));
        const value = text("span", "framelens-readout-value", "");
        cells.push(value);
        item.append(name, value);
        return item;
      }),
    );
    drawValues();
  }

  function drawValues() {
    heading.textContent = model.get("heading");
    const values = model.get("values");
    cells.forEach((cell, index) => {
      cell.textContent = values[index] ?? "";
    });
  }

  model.on("change:rows", drawRows);
  model.on("change:values", drawValues);
  model.on("change:heading", drawValues);
  signal?.addEventListener("abort", () => {
    model.off("change:rows", drawRows);
    model.off("change:values", drawValues);
    model.off("change:heading", drawValues);
  });
  drawRows();
}

export default { render };
