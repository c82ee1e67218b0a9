# SPDX-License-Identifier: Apache-2.0
import pytest

from partita import BUILD, TOOL, Lab


def pytest_sessionstart():
    if not TOOL.exists():
        pytest.exit(f"no {TOOL}: 'make all test-guests' builds what these tests need", 3)
    if not (BUILD / "linux" / "Image").exists():
        pytest.exit("no Linux guest: 'make setup-guests' fetches it", 3)


@pytest.fixture
def lab(tmp_path):
    lab = Lab(tmp_path)
    yield lab
    lab.close()
