"""The exact method: separable programs, Newton on their dual, proved answers."""
