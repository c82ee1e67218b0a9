# SPDX-License-Identifier: Apache-2.0
"""What these tests share with the other ones of the tool's views."""
import pathlib
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from tool_in_folder import BUILD, Tool, tool  # noqa: E402 pylint: disable=wrong-import-position,unused-import


@pytest.fixture(scope="session")
def here():
    return HERE
