"""``python -m neuroflow``: the command line."""

from neuroflow.cli import main

if __name__ == "__main__":
    main()
