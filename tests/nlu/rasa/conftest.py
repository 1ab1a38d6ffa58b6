"""The tests that need a real Rasa server are run by `make test-rasa`; elsewhere they are not collected."""

import os

collect_ignore = [] if "SWITCHBOARD_TEST_RASA" in os.environ else ["test_real_server.py"]
