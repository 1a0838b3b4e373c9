import pytest


def test_lasts_eight_hours():
    assert 8.2 >= 8


@pytest.mark.parametrize("voltage", [100, 230])
def test_charges(voltage):
    assert 90 <= voltage <= 264


class TestWarning:
    def test_at_twenty_percent(self):
        assert 20 <= 20

    def test_at_five_percent(self):
        assert 5 <= 5


def test_power_loss_is_logged():
    assert "power" in "power lost at 12:03"
