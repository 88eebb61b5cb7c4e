"""The stack that all files of tests/e2e share under ctest: stack_fixture.py up|down FOLDER."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

# pylint: disable=wrong-import-position
from support.gatehouse import TEST_SETTINGS, run_script, start_stack

if __name__ == "__main__":
    step, folder = sys.argv[1:]
    # What an interrupted run has left would be a stack with a past.
    run_script("down", "--dir", folder, "--wipe")
    if step == "up":
        print(start_stack(folder, TEST_SETTINGS).base_url)
