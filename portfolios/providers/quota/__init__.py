"""What a plan allows: one credit is booked before each attempt."""
