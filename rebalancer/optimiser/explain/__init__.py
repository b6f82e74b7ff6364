"""Why the optimum is where it is: causes, limits, prices."""
