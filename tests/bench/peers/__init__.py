"""Programs that run with the installed packages of other libraries, in the environment build/bench/venv."""
