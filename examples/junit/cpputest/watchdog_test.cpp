#include <CppUTest/CommandLineTestRunner.h>
#include <CppUTest/TestHarness.h>

namespace {

struct Watchdog {
    int remaining_ms = 500;
    void kick() { remaining_ms = 500; }
    void pass(int ms) { remaining_ms -= ms; }
    bool hasBitten() const { return remaining_ms <= 0; }
};

}  // namespace

TEST_GROUP(Watchdog) {
    Watchdog watchdog;
};

TEST(Watchdog, BitesAfterHalfASecond) {
    watchdog.pass(500);
    CHECK(watchdog.hasBitten());
}

TEST(Watchdog, IsKicked) {
    watchdog.pass(499);
    watchdog.kick();
    LONGS_EQUAL(500, watchdog.remaining_ms);
}

IGNORE_TEST(Watchdog, ResetsTheMotor) {
    FAIL("no motor on this bench");
}

TEST_GROUP(Memory) {};

TEST(Memory, KeepsTheRate) {
    STRCMP_EQUAL("25 ml/h", "52 ml/h");
}

int main(int count, char** words) { return RUN_ALL_TESTS(count, words); }
