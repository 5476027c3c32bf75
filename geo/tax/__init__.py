"""What the land and building tax and the sign tax would be: pure functions over dated tables (`data/tax`).

Every answer is an estimate that shows its rules, its version and its year line by line. The assessment is the
officer's ภ.ด.ส.6, and nothing here replaces it.
"""
