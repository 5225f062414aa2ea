/** Writes down as SVG what is painted on a canvas: the matrix as lines and letters, for a page of print. */
import { svg } from "../draw/dom.ts";
import type { Pen } from "../draw/matrix.ts";

const ANCHORS: Partial<Record<CanvasTextAlign, string>> = { center: "middle", right: "end" };
const round = (value: number) => Math.round(value * 100) / 100;

/** As much of a canvas as painting the matrix needs. Measures on a real one; `ground` is the colour under everything. */
export class SvgPen implements Pen {
  readonly parts: SVGElement[] = [];
  fillStyle = "";
  strokeStyle = "";
  globalAlpha = 1;
  lineWidth = 1;
  textAlign: CanvasTextAlign = "left";
  textBaseline: CanvasTextBaseline = "middle";
  imageSmoothingEnabled = true;
  readonly #document: Document;
  readonly #ground: string;
  readonly #measure: CanvasRenderingContext2D | null;
  #font = "";
  #path = "";
  #box: readonly number[] = [];
  #turns = "";
  #kept: string[] = [];

  constructor(document: Document, ground: string) {
    this.#document = document;
    this.#ground = ground;
    this.#measure = document.createElement("canvas").getContext("2d");
  }

  set font(font: string) {
    this.#font = font;
    if (this.#measure) this.#measure.font = font;
  }

  measureText(text: string): TextMetrics {
    return this.#measure?.measureText(text) ?? ({ width: 0 } as TextMetrics);
  }

  save(): void {
    this.#kept.push(this.#turns);
  }

  restore(): void {
    this.#turns = this.#kept.pop() ?? "";
  }

  /** Of a picture without pixels there is nothing to scale. */
  setTransform(): void {}

  translate(x: number, y: number): void {
    this.#turns += `translate(${round(x)} ${round(y)})`;
  }

  rotate(angle: number): void {
    this.#turns += `rotate(${round((angle * 180) / Math.PI)})`;
  }

  clearRect(x: number, y: number, width: number, height: number): void {
    if (this.parts.length > 0) this.#rect([x, y, width, height], this.#ground);
  }

  fillRect(...box: [x: number, y: number, width: number, height: number]): void {
    this.#rect(box, this.fillStyle);
  }

  #rect(box: readonly number[], fill: string): void {
    const [x, y, width, height, rx = null] = box.map(round);
    this.parts.push(svg(this.#document, "rect", { x, y, width, height, rx, fill }));
  }

  beginPath(): void {
    this.#path = "";
  }

  roundRect(...box: Parameters<Pen["roundRect"]>): void {
    this.#box = box as number[];
  }

  fill(): void {
    this.#rect(this.#box, this.fillStyle);
  }

  moveTo(x: number, y: number): void {
    this.#path += `M${round(x)} ${round(y)}`;
  }

  lineTo(x: number, y: number): void {
    this.#path += `L${round(x)} ${round(y)}`;
  }

  stroke(): void {
    const line = { d: this.#path, stroke: this.strokeStyle, opacity: this.globalAlpha };
    this.parts.push(svg(this.#document, "path", line));
  }

  fillText(text: string, x: number, y: number): void {
    const [, style, weight, size] = /^(italic )?(\d+ )?([\d.]+)px/.exec(this.#font) ?? [];
    const look = {
      x: round(x),
      y: round(y),
      fill: this.fillStyle,
      "font-size": size,
      "font-weight": weight?.trim(),
      "font-style": style?.trim(),
      "text-anchor": ANCHORS[this.textAlign],
      "dominant-baseline": "central",
      transform: this.#turns || null,
    };
    this.parts.push(svg(this.#document, "text", look, text));
  }

  /** Cells that are smaller than a line are dots of a picture. */
  drawImage(sheet: CanvasImageSource, x: number, y: number, width: number, height: number): void {
    const canvas = this.#document.createElement("canvas");
    ({ width: canvas.width, height: canvas.height } = sheet as OffscreenCanvas);
    canvas.getContext("2d")?.drawImage(sheet, 0, 0);
    const picture = { x, y, width, height, href: canvas.toDataURL(), "image-rendering": "pixelated" };
    this.parts.push(svg(this.#document, "image", picture));
  }
}
