"""The import doctor: everything an officer should know of a file before anything of it is written."""
