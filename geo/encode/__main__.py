"""`python -m geo.encode` compiles what is compiled, at set-up, so that the first start does not."""

from geo.encode.kept import compile_here

compile_here()
