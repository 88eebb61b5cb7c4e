"""What the end-to-end and fault tests share. Everything here speaks to a stack from outside."""
