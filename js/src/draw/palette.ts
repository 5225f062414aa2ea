/** Colours of the matrix. Blue and orange stay apart for every common kind of colour blindness. */

type Rgb = readonly [red: number, green: number, blue: number];
/** What stands on the diagonal, and everything else. */
type Hue = "correct" | "error";

const RAMPS: Readonly<Record<"light" | "dark", Readonly<Record<Hue, readonly string[]>>>> = {
  light: {
    correct: ["#e4eef8", "#a9cbe8", "#5b9bd0", "#2368a8", "#0c3d73"],
    error: ["#fdeee0", "#fac79b", "#ef8c4b", "#c95210", "#872f05"],
  },
  dark: {
    correct: ["#182c42", "#1f4f7d", "#3079b8", "#62a8e3", "#b3d9fa"],
    error: ["#3a2513", "#6f3f17", "#b2641f", "#ea954d", "#ffcfa3"],
  },
};

function parseHex(text: string): Rgb {
  const value = Number.parseInt(text.slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

export function cssColor([red, green, blue]: Rgb): string {
  return `rgb(${red} ${green} ${blue})`;
}

/** Relative luminance of WCAG 2, 0..1. */
export function luminance(color: Rgb): number {
  const [red, green, blue] = color.map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** Black or white, whichever reads better on `color`. */
export function inkOn(color: Rgb): string {
  const light = luminance(color);
  return (light + 0.05) / 0.05 > 1.05 / (light + 0.05) ? "#000" : "#fff";
}

export class Palette {
  readonly #ramps: Readonly<Record<Hue, readonly Rgb[]>>;

  constructor(dark: boolean) {
    const ramps = RAMPS[dark ? "dark" : "light"];
    this.#ramps = { correct: ramps.correct.map(parseHex), error: ramps.error.map(parseHex) };
  }

  /** Colour at `strength` 0..1; 0 is the faintest colour, not "nothing". */
  at(hue: Hue, strength: number): Rgb {
    const ramp = this.#ramps[hue];
    const place = Math.min(1, Math.max(0, strength)) * (ramp.length - 1);
    const low = Math.min(Math.floor(place), ramp.length - 2);
    const [from, to] = [ramp[low] as Rgb, ramp[low + 1] as Rgb];
    const mix = (part: 0 | 1 | 2) => Math.round(from[part] + (to[part] - from[part]) * (place - low));
    return [mix(0), mix(1), mix(2)];
  }

  /** Stops for a CSS gradient. */
  gradient(hue: Hue): string {
    return `linear-gradient(to right, ${this.#ramps[hue].map(cssColor).join(", ")})`;
  }
}
