const STEPS = [1, 2, 5, 10] as const;

/**
 * Round numbers (1, 2 or 5 times a power of ten apart) inside `low`..`high`, about `wanted` of them.
 *
 * They are multiples of a whole number, never sums of a fraction, so 0.3 is 0.3 and not 0.30000000000000004.
 */
export function ticks(low: number, high: number, wanted: number): number[] {
  const span = high - low;
  if (!(span > 0) || !Number.isFinite(span)) return [low];
  const power = Math.floor(Math.log10(span / wanted));
  const rough = span / wanted / 10 ** power;
  const factor = STEPS.find((step) => step >= rough * 0.75) ?? 10;
  // Below one, dividing by a power of ten is exact where multiplying with its inverse is not.
  const at = (index: number) => (power < 0 ? (index * factor) / 10 ** -power : index * factor * 10 ** power);
  const first = Math.ceil(low / at(1) - 1e-9);
  const last = Math.floor(high / at(1) + 1e-9);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => at(first + index));
}
