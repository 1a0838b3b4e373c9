import pytest


@pytest.mark.parametrize("rate", [0.1, 1, 5, 25, 100, 999])
def test_rate(rate):
    assert 0.1 <= rate <= 999
