"""Files on this machine: private ones, replaced whole; locks between threads and processes; JSON documents."""
