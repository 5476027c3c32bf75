"""The demo town: a believable, entirely made-up Hat Yai and Songkhla, the same for the same seed."""

from data.demo.town import SEED, Town, towns
from data.demo.write import RealDataHere, write_files, write_town

__all__ = ["SEED", "RealDataHere", "Town", "towns", "write_files", "write_town"]
