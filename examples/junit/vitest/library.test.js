import { describe, expect, test } from "vitest";

const limits = new Map([
  ["heparin", { soft: 2000, hard: 4000 }],
  ["insulin", { soft: 10, hard: 20 }],
]);

describe("drug library", () => {
  test.each(["heparin", "insulin"])("%s has a soft limit below the hard one", (drug) => {
    const { soft, hard } = limits.get(drug);
    expect(soft).toBeLessThan(hard);
  });

  test("unknown drugs have no limits", async ({ annotate }) => {
    await annotate("PUMP-TC-2", "jama"); // becomes the property `jama` of the testcase
    expect(limits.get("water")).toBeUndefined();
  });

  test("a hard limit cannot be passed", async ({ annotate }) => {
    await annotate("PUMP-TC-3", "jama");
    expect(limits.get("insulin").hard).toBe(25);
  });

  test.skip("is signed", () => {});
});
