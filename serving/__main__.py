"""`python -m serving` is `minsheng`."""

from serving.cli import main

main()
