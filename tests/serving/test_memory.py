"""Memory that is given back to the system, in a process of its own."""

import subprocess
import sys

import pytest

from tests.service import ROOT

# Bodies of 8 MB come and go; then, with small values behind them, they are gone, and so should be their memory.
PROGRAM = """
import ctypes, psutil
from serving.memory import return_large_blocks
return_large_blocks()
used = lambda: psutil.Process().memory_info().rss
before = used()
bytearray(8_000_000)
kept = []
large = []
for _ in range(20):
    large.append(bytearray(8_000_000))
    kept.append(ctypes.create_string_buffer(4_000))
del large
print(used() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="other systems are left as they are")
def test_large_blocks_are_returned_as_soon_as_they_are_freed() -> None:
    ran = subprocess.run([sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, check=True)
    assert int(ran.stdout) < 20_000_000
