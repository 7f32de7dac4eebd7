"""What the product says, in the reader's language. The lowest room: it knows words, days and numbers, and nobody."""
