"""A port to listen on, and room for those who come."""

import errno
import resource
import socket
from typing import Final

from gateway.errors import CannotStart

OWN_FILES: Final = 200
"""What the gateway has open beside connections: databases, key store, guard, calls to witnesses."""


def listening(host: str, port: int) -> socket.socket:
    """The port, taken before anything else is touched. Raises CannotStart with what to change."""
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            change = "another program has it. Stop that program, or set another `port`."
        else:
            change = "it is not an address of this machine, or is kept for its administrator. Set `host` and `port`."
        raise CannotStart(f"The port {port} on {host} cannot be used: {change}") from error


def make_room(connections: int) -> None:
    """Let this process have so many connections open. Raises CannotStart where its system does not."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + OWN_FILES
    if resource.RLIM_INFINITY != soft < wanted:
        if resource.RLIM_INFINITY != hard < wanted:
            raise CannotStart(
                f"This process may open {hard} files, and {connections} connections need {wanted}. Raise its limit "
                "(LimitNOFILE of a systemd service), or lower `connections` in [limits]."
            )
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def address_of(listener: socket.socket) -> str:
    """Where it is reached on this machine, as a URL."""
    host, port = listener.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"
