"""Learn how long jobs take from recorded traffic: the durations of jobs that have ended, as a schedule of polls."""
