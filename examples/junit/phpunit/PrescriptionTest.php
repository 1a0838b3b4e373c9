<?php

declare(strict_types=1);

namespace Acme\Pump;

use PHPUnit\Framework\TestCase;

final class PrescriptionTest extends TestCase
{
    public function testIsSigned(): void
    {
        self::assertSame('Dr. Example', explode(';', 'Dr. Example;2026-11-22')[0]);
    }

    /** @dataProvider units */
    public function testUnitIsKnown(string $unit): void
    {
        self::assertContains($unit, ['ml/h', 'mg/h']);
    }

    public function units(): array
    {
        return ['volume' => ['ml/h'], 'mass' => ['mg/h'], 'activity' => ['IU/h']];
    }

    public function testIsSentToThePump(): void
    {
        self::markTestSkipped('no pump on this bench');
    }

    public function testExpires(): void
    {
        self::assertLessThan(24, intdiv(86400, 0));
    }
}
