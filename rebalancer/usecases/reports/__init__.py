"""Facts for pictures, tables and the weekly report."""
