"""What `load_cdnow.py` is made of, one concept a file."""
