class BenchError(Exception):
    """The test bench does not answer."""


def test_flow():
    raise BenchError("scale not connected")


def test_pressure():
    assert 101 < 110
