import pytest


@pytest.mark.jama("PUMP-TC-20")
def test_priming(jama):
    """One test, two of three steps: each gets its own status and actual result."""
    with jama.step(1, note="volume 12.1 ml"):
        assert 12.1 >= 12
    with jama.step(2):
        jama.note("no bubble above 0.05 ml")
    # Step 3 is done by hand: no test reports it, so it keeps what Jama has.


def test_line_is_purged():
    """The whole test is the evidence of step 1, says the map in jama.yaml."""


def test_air_is_detected():
    """And this one of step 2."""
