"""`python -m nearer`: the command line."""

from nearer.cli import main

if __name__ == "__main__":
    main()
