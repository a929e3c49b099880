"""A port to listen on."""

import errno
import socket

from gateway.errors import CannotStart


def listening(host: str, port: int, patience: int) -> socket.socket:
    """The port, taken before anything else is touched. Raises CannotStart with what to change.

    A connection whose other end takes nothing of an answer for `patience` seconds is cut off by the system.
    """
    try:
        made = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, patience * 1000)  # its connections inherit it
        return made
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            change = "another program has it. Stop that program, or set another `port`."
        else:
            change = "it is not an address of this machine, or is kept for its administrator. Set `host` and `port`."
        raise CannotStart(f"The port {port} on {host} cannot be used: {change}") from error


def address_of(listener: socket.socket) -> str:
    """Where it is reached on this machine, as a URL."""
    host, port = listener.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"
