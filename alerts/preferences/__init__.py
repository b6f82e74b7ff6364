"""What one reader wants: kinds, hours, numbers, amounts hidden."""
