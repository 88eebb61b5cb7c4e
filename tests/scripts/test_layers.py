"""scripts/layers finds what the include rule forbids, and nothing else."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

GOOD = {
    "fcgi/base/result.h": "",
    "fcgi/lib/json.h": "",
    "fcgi/lib/json.cpp": '#include "fcgi/lib/json.h"\n#include "fcgi/base/result.h"\n',
    "fcgi/run/log.h": "",
    "sql/store/users.h": "",
    "handlers/auth/rule.cpp": '#include <vector>\n#include "sql/store/users.h"\n',
    "handlers/api/call.h": "",
    "handlers/routes.h": '#include "handlers/api/call.h"\n',
    "fcgi/worker.cpp": '#include "handlers/routes.h"\n',
}


def check(folder, files):
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return subprocess.run([str(ROOT / "scripts" / "layers"), str(folder)], capture_output=True,
                          text=True, check=False)


def test_tree_passes():
    assert check(ROOT, {}).stdout == ""


def test_downward_passes(tmp_path):
    done = check(tmp_path, GOOD)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("file, include, way", [
    ("fcgi/base/a.cpp", '"fcgi/lib/json.h"', "upward"),
    ("handlers/auth/a.h", '"handlers/api/call.h"', "upward"),
    ("handlers/api/a.cpp", '"handlers/routes.h"', "upward"),
    ("fcgi/lib/a.cpp", '"fcgi/run/log.h"', "sideways"),
    ("fcgi/run/a.cpp", ' "fcgi/lib/json.h"', "sideways"),
    ("fcgi/lib/a.cpp", '"json.h"', "no file of a layer"),
    ("fcgi/lib/a.cpp", '"../base/result.h"', "no file of a layer"),
    ("fcgi/lib/a.cpp", '"tests/support/process.h"', "no file of a layer"),
    ("fcgi/lib/a.cpp", "<fcgi/run/log.h>", "is ours"),
    ("fcgi/odd/a.cpp", '"fcgi/base/result.h"', "no layer knows"),
])
def test_violation_fails(tmp_path, file, include, way):
    done = check(tmp_path, {**GOOD, file: f"#include {include}\n"})
    assert done.returncode == 1
    assert file in done.stdout and way in done.stdout
