"""Tests; makers and fixtures are shared by all rooms."""
