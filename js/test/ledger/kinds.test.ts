import { describe, expect, it } from "vitest";
import { decode } from "../../src/ledger/decode.ts";
import { countKinds, kindOf } from "../../src/ledger/kinds.ts";
import { type Box, type Example, makePayload } from "../fixtures/payload.ts";

const AT: Box = [0, 0, 100, 100];
/** IoU with `AT` is (100 - x) / (100 + x). */
const shifted = (x: number): Box => [x, 0, 100, 100];
const alarm = (predicted: number, detection: Box, frame = 0): Example => ({
  actual: 2,
  predicted,
  frame,
  detection,
  score: 0.5,
});
const found: Example = { actual: 0, predicted: 0, frame: 0, object: AT, detection: AT, score: 0.9, iou: 1 };
const missed: Example = { actual: 1, predicted: 2, frame: 0, object: AT };

function kinds(examples: Example[]): string[] {
  const { head, data } = makePayload(["cat", "dog"], examples);
  const ledger = decode(head, data);
  const rows = ledger.confusion.examplesOf(ledger.confusion.line("actual", 2));
  return [...rows].map((row) => kindOf(ledger, ledger.confusion.examples.detection[row] as number));
}

describe("a detection where no object is", () => {
  it.each([
    ["has one of its class that is taken", [found, alarm(0, shifted(10))], "duplicate"],
    ["has one of another class that is taken", [found, alarm(1, shifted(10))], "duplicate"],
    ["is near one of its class", [found, alarm(0, shifted(60))], "localisation"],
    ["is near one that was missed", [missed, alarm(1, shifted(60))], "localisation"],
    ["is near one of another class", [found, alarm(1, shifted(60))], "localisation"],
    ["is further away than 0.1", [found, alarm(0, shifted(90))], "background"],
    ["is alone", [found, alarm(0, AT, 1)], "background"],
  ] as const)("that %s", (_, examples, kind) => expect(kinds([...examples])).toEqual([kind]));

  it("of its own class comes before a nearer one of another", () => {
    const dog: Example = {
      actual: 1,
      predicted: 1,
      frame: 0,
      object: shifted(60),
      detection: shifted(60),
      score: 0.9,
      iou: 1,
    };
    expect(kinds([found, dog, alarm(0, shifted(50))])).toEqual(["localisation"]);
  });

  it("is counted by its kind, and nothing else is", () => {
    const { head, data } = makePayload(["cat", "dog"], [found, missed, alarm(0, shifted(10)), alarm(0, AT, 1)]);
    const ledger = decode(head, data);
    const all = Array.from({ length: ledger.confusion.total }, (_, example) => example);
    expect(countKinds(ledger, all)).toEqual({ localisation: 0, duplicate: 1, background: 1 });
  });
});
