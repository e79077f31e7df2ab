"""`python -m tests.bench`: see `bench`."""

import sys

from tests.bench.bench import main

sys.exit(main())
