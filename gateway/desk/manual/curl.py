"""Each call as a line for a shell: copied, it works where the key's file is."""

import json
import re
from typing import Final

from gateway.desk.calls.call import Call
from gateway.desk.calls.scene import Scene
from gateway.desk.openapi import BASE, example_of

KEY: Final = '-H "Authorization: Bearer $(cat local-api.key)"'
LEAF: Final = "0"


def looking(path: str, scene: Scene, server: str) -> str:
    """A call that only looks."""
    return f"curl -sS --fail-with-body {KEY} \\\n  '{_address(path, scene, server)}'"


def keeping(path: str, scene: Scene, server: str) -> str:
    """A call that answers by a file, which curl keeps under the name that the desk gives it."""
    return looking(path, scene, server).replace("curl -sS", "curl -sS -OJ", 1)


def calling(path: str, call: Call, scene: Scene, server: str, *, to_file: bool = False) -> str:
    """A call that acts."""
    body = json.dumps(example_of(call, scene), ensure_ascii=False, indent=2)
    return "\n".join(
        (
            f"curl -sS{' -OJ' if to_file else ''} --fail-with-body {KEY} \\",
            "  -H 'Content-Type: application/json' --data-binary @- \\",
            f"  '{_address(path, scene, server)}' <<'EOF'",
            body,
            "EOF",
        )
    )


def _address(path: str, scene: Scene, server: str) -> str:
    filled = {"agency": scene.agency, "id": scene.id, "leaf": LEAF}
    return server + re.sub("{([a-z]+)}", lambda name: filled[name[1]], BASE + path)
