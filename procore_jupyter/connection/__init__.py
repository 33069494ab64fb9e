"""The session that a person holds: put together, waited for, asked, described."""
