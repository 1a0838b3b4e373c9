const { expect, test } = require("@playwright/test");

// Annotations become properties of the testcase.
const jama = (description) => ({ annotation: { type: "jama", description } });

function reportStep(number, status) {
  test.info().annotations.push(
    { type: "jama_step", description: String(number) },
    { type: "jama_step_status", description: status },
  );
}

test.describe("service menu", () => {
  test("asks for a code", jama("PUMP-TC-1"), async () => {
    expect("Enter code").toContain("code");
    await test.info().attach("display.png", { path: "display.png" }); // a screenshot, say
  });

  test("locks after three wrong codes", jama("PUMP-TC-2, PUMP-TC-3"), async () => {
    expect(4).toBeLessThanOrEqual(3);
  });

  test("shows serial number and firmware", jama("PUMP-TC-4"), async () => {
    expect("SN 10023").toMatch(/SN \d+/);
    reportStep(1, "passed");
    expect("2.4.0").toMatch(/^2\.4/);
    reportStep(2, "passed");
  });

  for (const language of ["de", "fr"]) {
    test(`speaks ${language}`, async () => {
      expect({ de: "Wartung", fr: "Entretien" }[language]).toBeTruthy();
    });
  }

  test.skip("exports the log", jama("PUMP-TC-6"), async () => {});
});
