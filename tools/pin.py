"""`python tools/pin.py FILE…`: pin the images that the files name to the digests that their tags have now."""

import re
import subprocess
import sys
from pathlib import Path

# `image: NAME:TAG` of a compose file and `ARG BASE=NAME:TAG` of a Dockerfile, with or without a digest.
IMAGE = re.compile(r"^(\s*image: |ARG BASE=)([\w./-]+:[\w.-]+)(?:@sha256:[0-9a-f]{64})?$", re.MULTILINE)


def main() -> None:
    """Rewrite each file; end with a message, and leave the rest, where a digest cannot be found."""
    for name in sys.argv[1:]:
        path = Path(name)
        path.write_text(IMAGE.sub(_pinned, path.read_text()))


def _pinned(found: re.Match[str]) -> str:
    before, image = found.groups()
    pinned = f"{image}@{_digest(image)}"
    sys.stdout.write(f"{pinned}\n")
    return before + pinned


def _digest(image: str) -> str:
    """Return the digest of an image for all platforms, as its registry has it."""
    inspect = ["docker", "buildx", "imagetools", "inspect", "--format", "{{.Manifest.Digest}}", image]
    ran = subprocess.run(inspect, capture_output=True, text=True, check=False)
    digest = ran.stdout.strip()
    if ran.returncode or not re.fullmatch(r"sha256:[0-9a-f]{64}", digest):
        raise SystemExit(f"{image}: no digest: {ran.stderr.strip() or digest}")
    return digest


if __name__ == "__main__":
    main()
