"""From the bytes of an answer to typed Arrow columns."""
