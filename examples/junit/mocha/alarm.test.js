const assert = require("node:assert");
const { shown } = require("./alarm");

const occlusion = { name: "occlusion", level: "high" };
const battery = { name: "battery low", level: "low" };

describe("alarm display", function () {
  describe("priority", function () {
    it("shows the most urgent alarm", function () {
      assert.equal(shown([battery, occlusion]).name, "occlusion");
    });

    for (const [level, hertz] of [["high", 2.0], ["medium", 0.6], ["low", 0]]) {
      it(`blinks at ${hertz} Hz for ${level}`, function () {
        assert.ok(hertz === 0 || (hertz >= 0.4 && hertz <= 2.8));
      });
    }
  });

  it("shows two alarms of one level by age", function () {
    const older = { name: "door open", level: "high" };
    assert.equal(shown([occlusion, older]).name, "door open");
  });

  it("dims at night");

  describe("loudspeaker", function () {
    before(function () {
      throw new Error("sound level meter: no answer");
    });

    it("sounds at 60 dB", function () {});
  });
});
