"""Filters that people write (CQL2), read into expressions over the columns they may see."""
