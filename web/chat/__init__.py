"""The customers' web chat: a page and an embeddable script over a small HTTP interface of its own, without cookies."""
