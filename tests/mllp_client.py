"""A bare client of MLLP, as an independent sender would write it."""

import socket

from patience import PATIENCE

START, END = b"\x0b", b"\x1c\r"


def send(port: int, message: bytes, *, raw: bool = False) -> str:
    """Send one frame and return what comes back before the receiver stops talking or ends the frame."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as line:
        return exchange(line, message if raw else START + message + END)


def exchange(line: socket.socket, frame: bytes) -> str:
    line.sendall(frame)
    got = b""
    while not got.endswith(END):
        piece = line.recv(65_536)
        if not piece:
            break
        got += piece
    return got.removeprefix(START).removesuffix(END).decode()
