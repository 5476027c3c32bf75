"""`python -m geo.encode` compiles what is compiled, at set-up, so that the first start does not."""

from geo.encode import warm_up

warm_up()
