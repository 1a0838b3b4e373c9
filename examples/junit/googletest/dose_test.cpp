#include <gtest/gtest.h>

namespace {

double rate_ml_h(double dose, double weight_kg) { return dose * weight_kg * 60 / 1000; }

TEST(Dose, RateFollowsTheWeight) {
  RecordProperty("jama", "PUMP-TC-1");
  EXPECT_NEAR(rate_ml_h(5, 70), 21.0, 1e-9);
}

TEST(Dose, Priming) {
  RecordProperty("jama", "PUMP-TC-2#1, PUMP-TC-2#2");  // the evidence of two steps
  EXPECT_GT(12.1, 12.0);
}

TEST(Dose, BubbleIsDetected) {
  RecordProperty("jama", "PUMP-TC-2#3");
  EXPECT_LT(0.06, 0.05) << "bubble in ml";
}

class Level : public testing::TestWithParam<int> {};
TEST_P(Level, StaysBelowTheLimit) { EXPECT_LT(GetParam(), 110); }
INSTANTIATE_TEST_SUITE_P(Pressure, Level, testing::Values(40, 70, 110));

TEST(Dose, LibraryIsLoaded) { GTEST_SKIP() << "no drug library on this bench"; }

TEST(Dose, DISABLED_RateIsRamped) { FAIL() << "comes with 2.5"; }

}  // namespace
