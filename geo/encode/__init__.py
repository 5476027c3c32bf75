"""Rows as PostgreSQL hands them over, written as tiles and GeoJSON by compiled code.

A row passes through here as bytes and is never an object of Python: of a tile's time most went into making and
reading objects, and of the rest most into PostgreSQL writing what it could as well hand over (DECISIONS.md).
"""
