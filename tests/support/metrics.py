"""What the stack's workers have counted (GET /auth/metrics)."""

import re
import subprocess


def read(stack):
    """The whole text, from loopback's own address, which is on the allowlist."""
    done = subprocess.run(
        ["curl", "--silent", "--fail", "--cacert", stack.ca_file, "--resolve",
         f"{stack.host}:{stack.port}:127.0.0.1", stack.base_url + "/auth/metrics"],
        capture_output=True, text=True, check=True, timeout=20)
    return done.stdout


def verifications(stack, source="[a-z]+"):
    """Access tokens decided, all or those whose answer came from `source`."""
    return sum(float(value) for value in re.findall(
        rf'gatehouse_verifications_total\{{[^}}]*source="{source}"[^}}]*\}} (\S+)', read(stack)))
