package com.acme.pump;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Disabled;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KeypadTest {
    @ParameterizedTest
    @ValueSource(strings = {"0", "5", "9"})
    void acceptsDigit(String key) {
        assertEquals(1, key.length());
    }

    @Test
    void beepsForEachKey() {
        assertTrue(48 >= 45, "level in dB");
    }

    @Nested
    class Lock {
        @Test
        void startsAfterAMinute() {
            assertEquals(60, 75, "seconds");
        }

        @Test
        @Disabled("no badge reader on this bench")
        void opensWithABadge() {}
    }
}
