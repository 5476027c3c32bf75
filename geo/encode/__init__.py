"""Rows as PostgreSQL hands them over, written as tiles and GeoJSON by compiled code."""
