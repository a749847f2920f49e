"""Steps that bring an older database to the present tables."""
