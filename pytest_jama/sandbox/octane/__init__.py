"""A local stand-in of ALM Octane: what a reporter of test results touches of it.

Written from public material only. It imports nothing of the client in this distribution, so that
client and stand-in can disagree in a test.
"""

from pytest_jama.sandbox.octane.octane_knobs import OctaneKnobs
from pytest_jama.sandbox.octane.octane_server import OctaneSandbox

__all__ = ["OctaneKnobs", "OctaneSandbox"]
