"""How long tests run that leave something to chance: shortly in `make test`, for long in `make test-long`."""

import os

LENGTH = "TEST_LENGTH"
LONG = os.environ.get(LENGTH) == "long"
