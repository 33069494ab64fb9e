"""The limits of requests, kept to together by all kernels of this machine."""
