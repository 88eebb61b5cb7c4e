"""The stack of a ctest run: `stackctl.py up DIR`, `stackctl.py down DIR` (CMake test fixtures)."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

# pylint: disable=wrong-import-position
from support.gatehouse import TEST_SETTINGS, run_script, start_stack


def main(action, directory):
    if action == "up":
        # What an interrupted run left behind would be taken for ours.
        if Path(directory).exists():
            run_script("down", "--dir", directory, "--wipe")
        print(start_stack(directory, TEST_SETTINGS).base_url)
    elif action == "down":
        run_script("down", "--dir", directory)
    else:
        sys.exit(f"no such action: {action}")


if __name__ == "__main__":
    main(*sys.argv[1:])
