"""Where ./run and ./test enter: ``start.py run|test CHECKOUT [WORDS]``."""

import signal
import sys
from pathlib import Path

from environment import run_command, test_command
from environment.failure import Failure

COMMANDS = {"run": run_command.main, "test": test_command.main}


def main():
    """Do what the words say; a failure is told without a traceback."""
    # To be ended is to be interrupted: what was started is ended and cleaned up too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    command, checkout, *words = sys.argv[1:]
    try:
        return COMMANDS[command](words, Path(checkout))
    except Failure as failure:
        print(f"\n{failure}", file=sys.stderr)
    except KeyboardInterrupt:
        print("\nStopped; run again to go on.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
