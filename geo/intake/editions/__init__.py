"""A newer file of a layer that is `yearly`: compared, accepted, taken back."""
