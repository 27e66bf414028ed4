"""`python -m kakitori`: the command line."""

import sys

from kakitori.cli import main

if __name__ == "__main__":
    sys.exit(main())
