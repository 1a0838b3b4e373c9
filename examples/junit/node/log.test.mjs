import assert from "node:assert/strict";
import { describe, it, test } from "node:test";

const entry = (text, at) => `${at.toISOString()} ${text}`;

describe("event log", () => {
  it("stamps entries in UTC", () => {
    const text = entry("rate 25 ml/h", new Date(Date.UTC(2026, 10, 22, 8, 15)));
    assert.equal(text, "2026-11-22T08:15:00.000Z rate 25 ml/h");
  });

  it("keeps 1000 entries", () => {
    const kept = Array.from({ length: 1001 }).slice(-999);
    assert.equal(kept.length, 1000);
  });

  it("survives a power loss", { skip: "no switchable supply on this bench" }, () => {});
});

test("is exported", async (t) => {
  for (const format of ["csv", "pdf"]) {
    await t.test(`as ${format}`, () => assert.match(`log.${format}`, /\.(csv|pdf)$/));
  }
});
