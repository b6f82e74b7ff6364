"""Lets programs sleep whose clock faketime shifts: it breaks the system call that they sleep by."""

import threading
import time

time.sleep = threading.Event().wait
