"""`python -m roletrail`."""

from roletrail.cli import main

if __name__ == "__main__":
    main()
