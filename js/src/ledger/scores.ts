/** Rates per class and their means, read off a matrix: the diagonal holds the true positives. */
import type { Confusion } from "./confusion.ts";

/** Rates of one class, null where the divisor is 0. */
interface ClassScores {
  readonly objects: number;
  readonly detections: number;
  readonly found: number;
  readonly precision: number | null;
  readonly recall: number | null;
  readonly f1: number | null;
}

export interface Rates {
  readonly precision: number | null;
  readonly recall: number | null;
  readonly f1: number | null;
  /** How many classes precision, and recall and F1, are means over. */
  readonly precisionClasses: number;
  readonly recallClasses: number;
}

export interface Scores {
  /** One for each class. */
  readonly classes: readonly ClassScores[];
  /** Means over the classes with objects; precision: of those that have detections too. */
  readonly macro: Rates;
  /** Of the sums over all classes. */
  readonly micro: Rates;
}

/** A share; null of nothing. */
export const divide = (part: number, whole: number) => (whole > 0 ? part / whole : null);

function rate(objects: number, detections: number, found: number): ClassScores {
  return {
    objects,
    detections,
    found,
    precision: divide(found, detections),
    recall: divide(found, objects),
    f1: divide(2 * found, detections + objects),
  };
}

function mean(values: readonly (number | null)[]): number | null {
  return divide(
    values.reduce((sum: number, value) => sum + (value ?? 0), 0),
    values.length,
  );
}

/** Precision, recall and F1 of every class, macro and micro, as `metrics/operating_point.py` defines them. */
export function scoresOf(confusion: Confusion): Scores {
  const { background, rowSum, columnSum } = confusion;
  const found = new Float64Array(background);
  confusion.each((actual, predicted, count) => {
    if (actual === predicted && actual < background) found[actual] = count;
  });
  const classes = Array.from(found, (hits, index) => rate(rowSum[index] as number, columnSum[index] as number, hits));
  const present = classes.filter(({ objects }) => objects > 0);
  const rated = present.filter(({ detections }) => detections > 0);
  const sum = (field: "objects" | "detections" | "found") => classes.reduce((total, row) => total + row[field], 0);
  return {
    classes,
    macro: {
      precision: mean(rated.map(({ precision }) => precision)),
      recall: mean(present.map(({ recall }) => recall)),
      f1: mean(present.map(({ f1 }) => f1)),
      precisionClasses: rated.length,
      recallClasses: present.length,
    },
    micro: {
      ...rate(sum("objects"), sum("detections"), sum("found")),
      precisionClasses: classes.filter(({ detections }) => detections > 0).length,
      recallClasses: present.length,
    },
  };
}
