"""A small order and office system of our own, so that the sample packs' actions have something real to call."""

from clients.backend.service import create_app

__all__ = ["create_app"]
