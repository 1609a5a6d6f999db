"""``python -m halobestie_app`` is the command line."""

from halobestie_app.cli import main

main()
