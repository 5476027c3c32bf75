"""The reading pages: a community, several side by side, a town, and what several towns share."""
