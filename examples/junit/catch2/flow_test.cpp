#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>

namespace {

double drops_per_min(double ml_h) { return ml_h * 20 / 60; }

}  // namespace

TEST_CASE("flow is turned into drops", "[flow]") {
  CHECK(drops_per_min(60) == Approx(20));
}

TEST_CASE("flow is limited", "[flow]") {
  SECTION("upwards") { CHECK(999 < 1000); }
  SECTION("downwards") { CHECK(0.05 >= 0.1); }
}

TEST_CASE("flow at a temperature", "[flow]") {
  const int celsius = GENERATE(5, 20, 40);
  CHECK(celsius < 41);
}

TEST_CASE("flow sensor answers") { throw std::runtime_error("flow sensor: no answer"); }
