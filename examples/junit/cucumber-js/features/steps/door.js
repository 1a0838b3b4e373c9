const assert = require("node:assert");
const { Before, Given, Then, When } = require("@cucumber/cucumber");

Before({ tags: "@needs_a_key" }, () => "skipped");

Given("a running pump", function () {
  this.state = "running";
});

Given(/^a pump that is (running|stopped)$/, function (state) {
  this.state = state;
});

When("the door opens", function () {
  this.state = "stopped";
});

Then("the pump stands still", function () {
  assert.equal(this.state, "stopped");
});

Then(/^the alarm is (high|low)$/, function (level) {
  assert.equal(level, "high");
});

Then("the key is turned", function () {});
