"""The benchmarks: ratios measured side by side in one run. No test here asserts a time."""
