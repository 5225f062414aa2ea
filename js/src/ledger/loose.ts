/** Values from outside, of which nothing is known yet. */

export const isList = (raw: unknown): raw is unknown[] => Array.isArray(raw);

export const isIndex = (raw: unknown, size: number): raw is number =>
  Number.isInteger(raw) && (raw as number) >= 0 && (raw as number) < size;

/** A number, or null: NaN and infinities never pass. */
export const numberOf = (raw: unknown) => (typeof raw === "number" && Number.isFinite(raw) ? raw : null);

/** Whether two values that JSON can hold say the same. */
export const isEqual = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other);
