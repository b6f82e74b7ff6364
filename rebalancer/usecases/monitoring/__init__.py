"""One round: judge, tell, digest, tidy; what it measures."""
