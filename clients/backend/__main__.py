"""Runs the sample backend by itself: `python -m clients.backend --port 8801`."""

import argparse

import uvicorn

from clients.backend.service import create_app


def main() -> None:
    """Serves until interrupted, on the loopback address unless told otherwise."""
    parser = argparse.ArgumentParser(prog="python -m clients.backend", description="The sample clients' order system.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=8801, help="port to listen on")
    parser.add_argument("--log-level", default="warning", help="uvicorn's log level")
    given = parser.parse_args()
    uvicorn.run(create_app(), host=given.host, port=given.port, log_level=given.log_level)


if __name__ == "__main__":
    main()
