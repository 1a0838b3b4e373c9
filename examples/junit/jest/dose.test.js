const { rate } = require("./dose");

describe("dose calculator", () => {
  test.each([
    [5, 70, 1, 21],
    [0.1, 3, 0.5, 0.036],
  ])("%d µg/kg/min for %d kg at %d mg/ml is %d ml/h", (dose, weight, concentration, expected) => {
    expect(rate(dose, weight, concentration)).toBeCloseTo(expected, 3);
  });

  test("refuses a weight of nothing [PUMP-TC-2]", () => {
    expect(() => rate(5, 0, 1)).toThrow("weight 0 kg");
  });

  test("rounds to a tenth", () => {
    expect(rate(5, 71.3, 1)).toBe(21.4);
  });

  test.skip("takes the weight from the record", () => {});
});
