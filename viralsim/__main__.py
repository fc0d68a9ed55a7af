"""``python -m viralsim`` is the same as ``viralsim``."""

from viralsim.cli import main

if __name__ == "__main__":
    main(prog_name="viralsim")
